#!/bin/sh
# Check this export without sousveil. Needs: openssl, jq (1.6 or newer), base64, sha256sum. It changes nothing and asks
# no network.
#   sh verify.sh              checks every file, every signature, the order of the record, and what stamps are over
#   sh verify.sh roots.pem    also checks the time stamps against the root certificates of their authorities
# Exit 0: all holds. 1: something is wrong, and it is named. 2: it cannot check.
set -u
LC_ALL=C
export LC_ALL
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(CDPATH='' cd -P -- "${here:-/}" && pwd -P) || exit 2
roots=${1-}
case $roots in '' | /*) ;; *) roots=$PWD/$roots ;; esac
cd "$here" || exit 2
for program in openssl jq base64 sha256sum cat comm cut find grep head mkdir mktemp rm sed sort tail tr uniq wc; do
    command -v "$program" >/dev/null 2>&1 || { echo "cannot check: $program is not installed"; exit 2; }
done
[ "$(jq -nr '"eA==" | @base64d' 2>/dev/null)" = x ] || { echo "cannot check: jq is older than 1.6"; exit 2; }
[ -z "$roots" ] || [ -r "$roots" ] || { echo "cannot check: $roots cannot be read"; exit 2; }
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
bad=0
# Names in an export may be made to command a terminal.
say() { printf '%s' "$*" | tr -c '\040-\176' '?'; echo; }
wrong() { say "WRONG  $*"; bad=1; fine=; }
few() { head -3 | tr '\n' ' '; }
count() { wc -l <"$1" | tr -d ' '; }

# 0. Nothing leads out of the export, and nothing in it is without an end.
strangers=$(find . ! -type f ! -type d | few)
[ -z "$strangers" ] || { wrong "neither files nor folders: $strangers"; exit 1; }

# 1. Every file is the one that was exported; no file came or went.
fine=1
sed 's/^[0-9a-f]*  //' manifest-sha256.txt | sort >"$scratch/listed"
find data -type f | sort >"$scratch/there"
sed 's/^[0-9a-f]*  //' tagmanifest-sha256.txt | sort >"$scratch/listed-tags"
find . -type f | sed -n 's,^\./\([^/]*\)$,\1,p' | grep -vxF tagmanifest-sha256.txt | sort >"$scratch/there-tags"
for list in listed-tags listed; do
    named=manifest-sha256.txt there=$scratch/there
    [ $list = listed ] || named=tagmanifest-sha256.txt there=$scratch/there-tags
    grep -qv '^[0-9a-f]\{64\}  [^ ]' $named && wrong "$named: a line in it is not a SHA-256 and a name"
    more=$(comm -13 "$scratch/$list" "$there" | few)
    [ -z "$more" ] || wrong "files that $named does not list: $more"
    gone=$(comm -23 "$scratch/$list" "$there" | few)
    # Nothing is read that does not lie in the export.
    if [ -n "$gone" ]; then wrong "files that $named lists, and that are not here: $gone"
    else sha256sum -c $named >"$scratch/out" 2>&1 || wrong "$named: $(grep -v ': OK$' "$scratch/out" | few)"; fi
done
[ -z "$fine" ] || echo "ok     every file is the one that was exported: $(count "$scratch/listed") files"

# 2. Every line of the record is signed by the key and names the line before it.
key=data/signing-key.pub.pem
record=data/ledger.jsonl
fine=1
# A shell reads no NUL and forgives a missing end: the record has neither, and no letters beyond ASCII.
[ "$(tr -d '\012\040-\176' <"$record" | wc -c)" -eq 0 ] || wrong "$record: it holds bytes that are no text"
[ -z "$(tail -c 1 "$record")" ] || wrong "$record: its last line is torn"
keyid=$(openssl pkey -pubin -in "$key" -outform DER 2>/dev/null | sha256sum | cut -c1-64)
# Each line becomes one row: "number E number-before digest-before signature payload" of an event, "number S digest" of a
# line that was taken out, "number W why" of one that is wrong.
jq -nrR --arg keyid "$keyid" '
    def hex4: [(. / 4096 | floor), (. / 256 | floor % 16), (. / 16 | floor % 16), . % 16] | map("0123456789abcdef"[. : . + 1]) | "\\u" + add;
    def ascii: tojson | explode | map(if . < 127 then [.] | implode elif . < 65536 then hex4
        else . - 65536 | (55296 + (. / 1024 | floor) | hex4) + (56320 + . % 1024 | hex4) end) | add;
    def digest: type == "string" and length == 64 and (test("[^0-9a-f]") | not);
    def subject: (.name | type == "string") and (.digest.sha256 | digest) and (.annotations // {} |
        (.size // 0 | type == "number" and . >= 0 and . == floor) and (.kept | . == null or type == "boolean")
        and (.lists // "" | . == "" or digest));
    def event: ._type == "https://in-toto.io/Statement/v1" and .predicateType == "urn:sousveil:event:1" and all(.subject[]; subject)
        and (.predicate | (.time | type == "string") and (.event | type == "string")
            and (.event != "redacted" or all((.objects, .lines)[]; .sha256 | digest)));
    def row($n; $line):
        if (keys == ["redacted"]) then
            if (.redacted | keys == ["number", "reason", "sha256"] and .number == $n and (.sha256 | digest)
                and "{\"redacted\":{\"number\":\($n),\"reason\":\(.reason | strings | ascii),\"sha256\":\"\(.sha256)\"}}" == $line)
            then "S \(.redacted.sha256)" else error("what stands for a line taken out has another form") end
        elif (keys == ["payload", "payloadType", "signatures"] and .payloadType == "application/vnd.in-toto+json"
            and (.signatures | length == 1 and (.[0] | keys == ["keyid", "sig"]))) | not then error("it is no envelope with one signature")
        elif .signatures[0].keyid != $keyid then error("it names another key")
        # The same envelope written otherwise would be another line: members sorted, no blanks, each once, and one Base64.
        elif "{\"payload\":\"\(.payload)\",\"payloadType\":\"\(.payloadType)\",\"signatures\":[{\"keyid\":\"\($keyid)\",\"sig\":\"\(.signatures[0].sig)\"}]}" != $line
        then error("it is not in the one form that a line has")
        elif (.signatures[0].sig | length == 88 and test("\\A[A-Za-z0-9+/]{85}[AQgw]==")) and (.payload | @base64d | @base64) == .payload | not
        then error("its Base64 can be written otherwise")
        else .signatures[0].sig as $sig | (.payload | @base64d) as $payload | ($payload | fromjson) |
            if event and ($payload | startswith("{") and endswith("}") and (test("[^ -~]") | not)) | not then error("what it signs is no event of a case")
            elif .predicate.number != $n then error("it says it is another")
            else (.predicate.previous.sha256 | select(digest)) as $previous | "E \($n - 1) \($previous) \($sig) \($payload)" end
        end;
    foreach inputs as $line (0; . + 1; . as $n | "\($n) " +
        ([try ($line | fromjson | row($n; $line)) catch "W \(if test("^(it|what|its) ") then . else "it is no envelope" end)"][0]
            // "W it is no envelope"))' "$record" >"$scratch/rows" 2>"$scratch/out" || wrong "$record: jq says: $(few <"$scratch/out")"
lines=$(count "$scratch/rows")
[ "$lines" -gt 0 ] || wrong "$record is missing or empty"
[ "$lines" -eq "$(count "$record")" ] || wrong "$record: not all of its lines could be read"
grep '^[0-9]* W ' "$scratch/rows" >"$scratch/not" || :
while read -r number _ why; do wrong "line $number: $why"; done <"$scratch/not"
grep '^[0-9]* E ' "$scratch/rows" >"$scratch/events" || :
sed -n 's/^[0-9]* S //p' "$scratch/rows" | sort >"$scratch/stubs"
# What the next line must name: the SHA-256 of this one, and of a line that was taken out the digest it left.
mkdir "$scratch/lines"
number=0
while IFS= read -r line; do
    number=$((number + 1))
    case $line in '{"redacted":'*) ;; *) printf '%s' "$line" >"$scratch/lines/$number" ;; esac
done <"$record"
(cd "$scratch/lines" && find . -type f -exec sha256sum {} +) | sed 's,^\([0-9a-f]*\) [ *]\./\([0-9]*\)$,\2 \1,' >"$scratch/digests"
{
    echo "0 0000000000000000000000000000000000000000000000000000000000000000"
    cat "$scratch/digests"
    sed -n 's/^\([0-9]*\) S /\1 /p' "$scratch/rows"
} | sort >"$scratch/heads"
cut -d' ' -f3,4 "$scratch/events" | sort | comm -13 "$scratch/heads" - >"$scratch/not"
while read -r number _; do wrong "line $((number + 1)): it does not follow the line before it"; done <"$scratch/not"
while read -r number _ _ _ signature payload; do
    base64 -d >"$scratch/signature" <<END
$signature
END
    printf 'DSSEv1 28 application/vnd.in-toto+json %d %s' "${#payload}" "$payload" >"$scratch/signed"
    openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$scratch/signed" -sigfile "$scratch/signature" >/dev/null 2>&1 ||
        wrong "line $number: its signature is not the key's, or it was changed"
done <"$scratch/events"
# The signature of the line after one that was taken out vouches for its digest; a redaction on record says why.
cut -d' ' -f6- "$scratch/events" | jq -r '
    (.subject[] | select(.annotations.kept != false) | "kept \(.digest.sha256)"),
    (.subject[] | select(.annotations.lists | strings | . != "") | "lists \(.annotations.lists) \(.digest.sha256)"),
    (select(.predicate.event == "redacted") | .predicate | (.objects[] | "object \(.sha256)"), (.lines[] | "line \(.sha256)"))' >"$scratch/named"
for what in kept object line lists; do sed -n "s/^$what //p" "$scratch/named" | sort -u >"$scratch/$what"; done
gone=$(comm -23 "$scratch/stubs" "$scratch/line" | few)
[ -z "$gone" ] || wrong "a line was taken out that no redaction names: $gone"
[ -z "$(uniq -d "$scratch/stubs")" ] || wrong "one line was taken out twice"
case $(tail -n 1 "$scratch/rows") in *' S '*) wrong "the last line stands for one that was taken out: nothing vouches for it" ;; esac
[ -z "$fine" ] || echo "ok     every line is signed and in order: $lines lines, $(count "$scratch/stubs") of them taken out"

# The order is the record's own; a moment before the one of the line before was told by a clock that was set back.
cut -d' ' -f1,6- "$scratch/events" | sed 's/^\([0-9]*\) \(.*\)$/[\1,\2]/' | jq -rn '
    foreach inputs as $e ([null, ""]; [$e[1].predicate.time, if $e[1].predicate.time < (.[0] // "") then "\($e[0])" else "" end]; .[1] | select(. != ""))' |
    while read -r number; do echo "open   line $number is dated before the line before it: the clock of the machine was set back"; done

# 3. Every object that the record names is there, or its removal is on record. (Its bytes were checked in 1.)
fine=1
sed -n 's,^\(\([0-9a-f]\{2\}\)[0-9a-f]\{62\}\)  data/objects/\2/\1$,\1,p' manifest-sha256.txt | sort >"$scratch/good"
find data/objects -type f 2>/dev/null | sed 's,.*/,,' | sort >"$scratch/objects"
# Of a folder whose archive was taken out, the files that its listing names are wanted.
while read -r archive listing; do
    list=data/objects/$(printf %.2s "$listing")/$listing
    if grep -qxF -e "$archive" "$scratch/object" && ! grep -qxF -e "$archive" "$scratch/objects" && [ -f "$list" ]; then
        sed -n 's/^\\\{0,1\}\([0-9a-f]\{64\}\)  .*/\1/p' "$list" >>"$scratch/kept"
    fi
done <"$scratch/lists"
sort -u -o "$scratch/kept" "$scratch/kept"
missing=$(comm -23 "$scratch/kept" "$scratch/objects" | comm -23 - "$scratch/object" | few)
[ -z "$missing" ] || wrong "objects that are missing: $missing"
other=$(comm -12 "$scratch/kept" "$scratch/objects" | comm -23 - "$scratch/good" | few)
[ -z "$other" ] || wrong "objects whose name is not their SHA-256: $other"
unnamed=$(comm -23 "$scratch/objects" "$scratch/kept" | few)
[ -z "$unnamed" ] || wrong "objects that no line of the record names: $unnamed"
[ -z "$fine" ] || echo "ok     every object named is there, or its removal is on record: $(count "$scratch/kept") objects"

# 4. Pages, tables and stamps: the record's last line names what was made of the case, and how many objects there were.
fine=1
tail -n 1 "$scratch/events" | cut -d' ' -f6- >"$scratch/last"
if jq -e '.predicate | .event == "prepared" and (.files | type == "object")' "$scratch/last" >/dev/null 2>&1; then
    jq -r '.predicate.files | to_entries[] | "\(.value)  \(.key)"' "$scratch/last" | sort -k 2 >"$scratch/made"
    sed 's/^[^ ]*  //' "$scratch/made" >"$scratch/made-names"
    {
        grep -v -e '^data/objects/' -e '^data/ledger\.jsonl$' "$scratch/there"
        echo HOW-TO-VERIFY.txt
        echo verify.sh
    } | sort >"$scratch/made-there"
    other=$(comm -3 "$scratch/made-names" "$scratch/made-there" | tr -d '\t' | few)
    if [ -n "$other" ]; then wrong "the record's last line and the files here differ in: $other"
    else sha256sum -c "$scratch/made" >"$scratch/out" 2>&1 || wrong "not what was made of the case: $(grep -v ': OK$' "$scratch/out" | few)"; fi
    [ "$(jq -r '.predicate["objects-sha256"]' "$scratch/last")" = "$(sha256sum <"$scratch/objects" | cut -c1-64)" ] ||
        wrong "the objects are not those that were exported: $(jq -r .predicate.objects "$scratch/last"), and here $(count "$scratch/objects")"
    [ -z "$fine" ] || echo "ok     pages, tables and stamps are those that were exported: $(count "$scratch/made") files"
else
    wrong "the record does not end with the line that names what was made of it: its end was cut off"
fi

# 5. Time stamps: over which line, when; with roots, by whom.
{ cut -d' ' -f2 "$scratch/digests"; cat "$scratch/stubs"; } | sort >"$scratch/stamped"
for stamp in data/stamps/*.tsr; do
    [ -f "$stamp" ] || continue
    name=${stamp##*/}
    over=${name%%.*}
    openssl ts -reply -in "$stamp" -text >"$scratch/text" 2>/dev/null || { wrong "$name: it is no time stamp"; continue; }
    imprint=$(sed -n '/Message data:/,/Serial number:/s/^ *[0-9a-f]* - \(.\{47\}\).*/\1/p' "$scratch/text" | tr -d ' \n-')
    [ "$imprint" = "$over" ] || { wrong "$name: it stamps another digest"; continue; }
    grep -qxF -e "$over" "$scratch/stamped" || { wrong "$name: the line it stamps is not in the record: its end was cut off"; continue; }
    when=$(sed -n 's/^Time stamp: //p' "$scratch/text")
    short=$(printf '%.8s' "$name")...${name##*-}
    if [ -n "$roots" ]; then
        # Certificates that have expired since were good when they stamped.
        at=$(jq -nr --arg when "$when" '$when | gsub("\\.[0-9]+"; "") | gsub(" +"; " ") | strptime("%b %d %H:%M:%S %Y GMT") | mktime' 2>/dev/null)
        if openssl ts -verify -in "$stamp" -digest "$over" -CAfile "$roots" ${at:+-attime "$at"} >/dev/null 2>&1; then
            say "ok     stamped $when by an authority in ${roots##*/}: $short"
        else
            wrong "$name: no authority below $roots signed it"
        fi
    else
        say "open   stamped $when, by whom is not checked: $short"
        open=1
    fi
done
for proof in data/stamps/*.ots data/stamps/*.rekor; do
    [ -f "$proof" ] || continue
    name=${proof##*/}
    if grep -qxF -e "${name%%.*}" "$scratch/stamped"; then
        say "open   not checked here, HOW-TO-VERIFY.txt says what does: $(printf '%.8s' "$name")...${name##*-}"
    else
        wrong "$name: the line it is over is not in the record: its end was cut off"
    fi
done
[ -z "${open-}" ] || echo "By whom it was stamped is checked with the roots of the authorities: sh verify.sh roots.pem"
[ $bad -eq 0 ] && echo "All holds." || echo "Something is wrong."
exit $bad
