#!/usr/bin/env bash
# Shows that the interleaving checker catches what it is for: breaks a copy of the handle table and of the arena in one way after
# the other, by letting go of a lock between two steps or by another order of steps, and runs the checker on each.
# shellcheck disable=SC2016 # the dollars are Perl's
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$PWD/rust-core/target/model
mkdir -p "$work"
# shellcheck source=Tests/Proof/copy.sh
source Tests/Proof/copy.sh
# Of its own: what is built of a broken copy is not to be taken for the whole.
export CARGO_TARGET_DIR=$work/breaks RUSTFLAGS="--cfg sr_model"
failed=0

# try NAME CRATE: the checker over the crate of the copy must fail, and not for want of compiling.
try() {
    local name=$1 status=0
    local test=(cargo test --quiet --locked --jobs "${JOBS:-$(nproc)}" -p "$2" --test interleavings)
    (cd "$copy/rust-core" && "${test[@]}" --no-run) || {
        echo "does not compile: $name" >&2
        exit 1
    }
    (cd "$copy/rust-core" && timeout 120 "${test[@]}") > "$work/words" 2>&1 || status=$?
    if [[ $name == nothing ]] && ((status == 0)); then
        :
    elif [[ $name != nothing ]] && ((status != 0)) && grep -q '^order [0-9]*: threads' "$work/words"; then
        echo "caught: $name"
    else
        echo "NOT as expected: $name" >&2
        tail -20 "$work/words" >&2
        failed=1
    fi
    fresh
}

fresh
try nothing strongroom-handles
try nothing strongroom-memory

edit handles/src/shard.rs 's/(    fn free_slot)/    pub(crate) fn whatever(&self, index: u32) -> Result<Arc<T>, Error> {\n        match self.slots.get(index as usize) {\n            Some(Slot::Occupied { object, .. }) => Ok(Arc::clone(object)),\n            _ => Err(Error::Stale),\n        }\n    }\n\n$1/'
edit handles/src/table.rs 's/shard\.lock\(\)\.lookup\(index, generation\)\n/shard.lock().lookup(index, generation)?;\n        shard.lock().whatever(index)\n/'
try "a look-up that lets go of the lock between the check and the clone" strongroom-handles

edit handles/src/shard.rs 's/(fn retain.*?)if \*live == generation/$1if generation > 0 || *live == 0/s'
edit handles/src/table.rs 's/        shard\n            \.lock\(\)\n            \.retain/        shard.lock().lookup(index, generation)?;\n        shard\n            .lock()\n            .retain/'
try "a retain that lets go of the lock between the check and the count" strongroom-handles

edit handles/src/shard.rs 's/(    fn free_slot)/    pub(crate) fn references(&self, index: u32) -> u32 {\n        match self.slots.get(index as usize) {\n            Some(Slot::Occupied { references, .. }) => *references,\n            _ => 0,\n        }\n    }\n\n$1/; s/(fn release\(&mut self, index: u32, generation: u32)\)/$1, counted: u32)/; s/if \*references > 1/if counted > 1/'
edit handles/src/table.rs 's/let released = shard\.lock\(\)\.release\(index, generation\)\?/let counted = shard.lock().references(index);\n        let released = shard.lock().release(index, generation, counted)?/'
try "a release that lets go of the lock between the count and the end" strongroom-handles

edit handles/src/table.rs 's/self\.live\.fetch_sub\(1, Ordering::Relaxed\)/self.live.store(self.live.load(Ordering::Relaxed) - 1, Ordering::Relaxed)/'
try "a counter that is changed in two steps" strongroom-handles

edit handles/src/shard.rs 's/next: generation \+ 1/next: generation/'
try "a slot whose generation does not go up" strongroom-handles

edit handles/src/shard.rs 's/if !retired \{/if retired || generation > 0 {/'
try "a slot that is given again after its last generation" strongroom-handles

for step in lookup retain release; do
    edit handles/src/shard.rs "s/(fn $step.*?)if \\*live == generation/\$1if *live >= generation/s"
    try "a $step by a handle whose slot was taken again" strongroom-handles
done

edit memory/src/arena.rs 's/(        let bytes = self\.run_bytes\(start\);\n)(.*?)(        self\.shared\.granules\.lock\(\)\.give_back[^\n]*\n)/$1$3$2/s'
try "secret memory that is given back before it is wiped" strongroom-memory

edit memory/src/arena.rs 's/(        let first = )(self.shared.granules.lock\(\).take\(granules, part\)\?;)/        let again = self.shared.granules.lock().take(granules, part)?;\n        self.shared.granules.lock().give_back(again);\n        let first = again;\n        let _ = self.shared.granules.lock().take(granules, part);/'
try "secret memory that is chosen under the lock and taken later" strongroom-memory
exit "$failed"
