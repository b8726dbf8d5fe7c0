"""Attacks that succeed against the code as it is. They run where they are named, and not by default."""

PENDING = {
    "a2.batches_of_key_pairs",
    "a2.batches_of_signatures",
    "a2.stop_in_the_middle",
    "a2.revoked_in_the_middle",
    "a2.one_token_among_many_requests",
    "a2.children_take_no_more_turns",
    "a2.a_queue_filled_by_children",
    "a2.full_queue_of_slow_work",
    "a2.other_slow_operations",
    "a2.making_keys_without_end",
    "a2.a_single_worker",
    "a2.leaving_clients_by_the_hundred",
    "a3.plain_31_mib",
    "a3.hashes_and_macs_31_mib",
    "a3.malformed_31_mib",
    "a4.slow_readers_of_small_requests",
    "a6.everything_from_many_networks",
    "b9.waiting_for_a_worker",
}
