# shellcheck shell=bash
# For scripts that break a copy of the core on purpose: `fresh` makes $copy what stands here, `edit` changes it. Sourced from the
# top of the repository with `work` set to a folder of the script's own.

copy=${work:?}/copy

fresh() {
    mkdir -p "$copy"
    git ls-files --cached --others --exclude-standard -z rust-core | tar --null --files-from=- -cf - | tar -C "$copy" -xf -
}

# edit FILE EXPRESSION: Perl over a whole file of the copy's rust-core; an expression that changes nothing is out of date.
edit() {
    local file=$copy/rust-core/$1
    cp "$file" "$work/before"
    perl -0pi -e "$2" "$file"
    ! cmp -s "$file" "$work/before" || {
        echo "the break of $1 does not apply any more: $2" >&2
        exit 1
    }
}
