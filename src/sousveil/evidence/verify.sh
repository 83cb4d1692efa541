#!/bin/sh
# Check this export without sousveil. Needs: openssl, jq, base64, sha256sum. It changes nothing and asks no network.
#   sh verify.sh              checks every file, every signature, the order of the record, and what stamps are over
#   sh verify.sh roots.pem    also checks the time stamps against the root certificates of their authorities
# Exit 0: all holds. 1: something is wrong, and it is named. 2: it cannot check.
set -u
LC_ALL=C
export LC_ALL
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P) || exit 2
roots=${1-}
case $roots in '' | /*) ;; *) roots=$PWD/$roots ;; esac
cd "$here" || exit 2
for program in openssl jq base64 sha256sum; do
    command -v "$program" >/dev/null 2>&1 || { echo "cannot check: $program is not installed"; exit 2; }
done
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
bad=0
wrong() { echo "WRONG  $*"; bad=1; }
digest() { sha256sum "$1" | cut -c1-64; }

# 0. Nothing leads out of the export, and nothing in it is without an end.
strangers=$(find . ! -type f ! -type d | head -3 | tr '\n' ' ')
[ -z "$strangers" ] || { wrong "neither files nor folders: $strangers"; exit 1; }

# 1. Every file is the one that was exported; no file came or went.
for list in tagmanifest-sha256.txt manifest-sha256.txt; do
    grep -qv '^[0-9a-f]\{64\}  [^ ]' "$list" && wrong "$list: a line in it is not a SHA-256 and a name"
    sha256sum --quiet --strict -c "$list" >"$scratch/out" 2>&1 || wrong "$list: $(head -3 "$scratch/out" | tr '\n' ' ')"
done
sed 's/^[0-9a-f]*  //' manifest-sha256.txt | sort >"$scratch/listed"
find data -type f | sort >"$scratch/there"
cmp -s "$scratch/listed" "$scratch/there" || wrong "files that are not listed: $(comm -13 "$scratch/listed" "$scratch/there" | head -3 | tr '\n' ' ')"
sed 's/^[0-9a-f]*  //' tagmanifest-sha256.txt | sort >"$scratch/listed-tags"
find . -maxdepth 1 -type f ! -name tagmanifest-sha256.txt | sed 's,^\./,,' | sort >"$scratch/tags"
cmp -s "$scratch/listed-tags" "$scratch/tags" || wrong "tagmanifest-sha256.txt does not list the files beside it"
[ $bad -ne 0 ] || echo "ok     every file is the one that was exported: $(wc -l <"$scratch/listed" | tr -d ' ') files"

# 2. Every line of the record is signed by the key and names the line before it.
key=data/signing-key.pub.pem
previous=0000000000000000000000000000000000000000000000000000000000000000
number=0
stubs=0
chain=$bad
: >"$scratch/redacted"
: >"$scratch/subjects"
: >"$scratch/stubs"
mkdir "$scratch/lines"
# A shell reads no NUL and forgives a missing end: the record has neither.
tr -d '\000' <data/ledger.jsonl | cmp -s - data/ledger.jsonl || wrong "data/ledger.jsonl: it holds bytes that are no text"
[ -z "$(tail -c 1 data/ledger.jsonl)" ] || wrong "data/ledger.jsonl: its last line is torn"
while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    printf '%s' "$line" >"$scratch/line"
    stub=$(jq -r '.redacted.sha256 // empty' "$scratch/line" 2>/dev/null)
    if [ -n "$stub" ]; then
        # A line that was taken out: the next line's signature vouches for its digest.
        stubs=$((stubs + 1))
        previous=$stub
        printf '%s\n' "$stub" >>"$scratch/stubs"
        jq -e --argjson n "$number" '(keys == ["redacted"]) and (.redacted | keys == ["number", "reason", "sha256"] and .number == $n)
            and (.redacted.sha256 | test("^[0-9a-f]{64}$"))' "$scratch/line" >/dev/null 2>&1 || wrong "line $number: what stands for a line taken out has another form"
        continue
    fi
    # The same envelope written otherwise would be another line: members sorted, no blanks, each once, and one Base64.
    jq -cjS . "$scratch/line" 2>/dev/null | cmp -s - "$scratch/line" || wrong "line $number: it is not in the one form that a line has"
    jq -e 'keys == ["payload", "payloadType", "signatures"] and (.signatures | length == 1) and (.signatures[0] | keys == ["keyid", "sig"])' \
        "$scratch/line" >/dev/null 2>&1 || wrong "line $number: it is no envelope with one signature"
    for part in '.payload' '.signatures[0].sig'; do
        jq -j "$part" "$scratch/line" >"$scratch/base64" 2>/dev/null
        base64 -d <"$scratch/base64" 2>/dev/null | base64 | tr -d '\n' | cmp -s - "$scratch/base64" || wrong "line $number: its Base64 can be written otherwise"
    done
    jq -j '.payload' "$scratch/line" 2>/dev/null | base64 -d >"$scratch/payload" 2>/dev/null || wrong "line $number: it is no envelope"
    jq -j '.signatures[0].sig' "$scratch/line" 2>/dev/null | base64 -d >"$scratch/sig" 2>/dev/null
    kind=$(jq -j '.payloadType' "$scratch/line" 2>/dev/null)
    { printf 'DSSEv1 %d %s %d ' "${#kind}" "$kind" "$(wc -c <"$scratch/payload" | tr -d ' ')"; cat "$scratch/payload"; } >"$scratch/signed"
    openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$scratch/signed" -sigfile "$scratch/sig" >/dev/null 2>&1 ||
        wrong "line $number: its signature is not the key's, or it was changed"
    [ "$(jq -r '.predicate.previous.sha256' "$scratch/payload" 2>/dev/null)" = "$previous" ] || wrong "line $number: it does not follow the line before it"
    [ "$(jq -r '.predicate.number' "$scratch/payload" 2>/dev/null)" = "$number" ] || wrong "line $number: it says it is another"
    jq -r '.subject[] | select(.annotations.kept != false) | .digest.sha256' "$scratch/payload" >>"$scratch/subjects" 2>/dev/null
    jq -r 'select(.predicate.event == "redacted") | (.predicate.objects + .predicate.lines)[].sha256' "$scratch/payload" >>"$scratch/redacted" 2>/dev/null
    previous=$(digest "$scratch/line")
    cp "$scratch/line" "$scratch/lines/$previous"
done <data/ledger.jsonl
while IFS= read -r gone; do
    grep -qxF -e "$gone" "$scratch/redacted" || wrong "a line was taken out that no redaction names: $gone"
done <"$scratch/stubs"
[ -z "$(sort "$scratch/stubs" | uniq -d)" ] || wrong "one line was taken out twice"
[ -z "${stub-}" ] || wrong "the last line stands for one that was taken out: nothing vouches for it"
[ $number -gt 0 ] || wrong "data/ledger.jsonl is missing or empty"
[ $bad -ne $chain ] || echo "ok     every line of the record is signed and in order: $number lines, $stubs of them taken out"

# 3. Every object that the record names is there, or its removal is on record. (Its bytes were checked in 1.)
missing=0
sort -u "$scratch/subjects" >"$scratch/wanted"
while IFS= read -r object; do
    file=data/objects/$(printf '%.2s' "$object")/$object
    if [ -f "$file" ]; then
        grep -q "^$object  $file\$" manifest-sha256.txt || wrong "$file: its name is not its SHA-256"
    else
        grep -qxF -e "$object" "$scratch/redacted" || { wrong "object $object is missing"; missing=1; }
    fi
done <"$scratch/wanted"
# What lies among the objects and no line names may be left of a run that was killed, or have been slipped in.
find data/objects -type f 2>/dev/null | sed 's,.*/,,' | sort >"$scratch/objects"
unnamed=$(comm -23 "$scratch/objects" "$scratch/wanted" | head -3 | tr '\n' ' ')
[ -z "$unnamed" ] || echo "open   objects that no line of the record names, and that prove nothing: $unnamed"
[ $missing -ne 0 ] || echo "ok     every object that the record names is there, or its removal is on record: $(wc -l <"$scratch/wanted" | tr -d ' ')"

# 4. Time stamps: over which line, when; with roots, by whom.
for stamp in data/stamps/*.tsr; do
    [ -f "$stamp" ] || continue
    name=$(basename "$stamp")
    over=${name%%.*}
    openssl ts -reply -in "$stamp" -text >"$scratch/text" 2>/dev/null || { wrong "$name: it is no time stamp"; continue; }
    imprint=$(sed -n '/Message data:/,/Serial number:/s/^ *[0-9a-f]* - \(.\{47\}\).*/\1/p' "$scratch/text" | tr -d ' \n-')
    [ "$imprint" = "$over" ] || wrong "$name: it stamps another digest"
    if [ ! -f "$scratch/lines/$over" ]; then
        grep -qxF -e "$over" "$scratch/stubs" || { wrong "$name: the line it stamps is not in the record: its end was cut off"; continue; }
    fi
    when=$(sed -n 's/^Time stamp: //p' "$scratch/text")
    if [ -n "$roots" ]; then
        # GNU's way, then BSD's.
        at=$(date -u -d "$when" +%s 2>/dev/null || date -j -u -f '%b %e %T %Y %Z' "$when" +%s 2>/dev/null || true)
        if openssl ts -verify -in "$stamp" -digest "$over" -CAfile "$roots" ${at:+-attime "$at"} >/dev/null 2>&1; then
            echo "ok     $name: stamped $when by an authority below $roots"
        else
            wrong "$name: no authority below $roots signed it"
        fi
    else
        echo "open   $name: stamped $when; give the authority's root certificates to check by whom"
    fi
done
[ $bad -eq 0 ] && echo "All holds." || echo "Something is wrong."
exit $bad
