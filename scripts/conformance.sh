#!/bin/sh
# Plays the recorded conversations and third-party suites of a folder at a server of this checkout.
# usage: scripts/conformance.sh FOLDER    One PASS or FAIL line for each suite.
set -u
shared=$1
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
export HEADCOUNT_DATABASE="${HEADCOUNT_DATABASE:-sqlite:///$work/headcount.db}" # any empty database
headcount=.venv/bin/headcount
server=

"$headcount" org create acme --name Acme >/dev/null || exit 1
token=$("$headcount" token issue acme --label suites --json | sed -n 's/.*"token": "\(.*\)",/\1/p')
"$headcount" serve --port 0 >"$work/out" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    base=$(grep -Eom1 'http://[^ ]+/scim/v2' "$work/out") && break
    sleep 0.5
done

# judge NAME MOST_FAILURES LEAST_PASSED COMMAND...: the last line says "N passed, N failed".
judge() {
    name=$1 most=$2 least=$3
    shift 3
    "$@" --base "$base" --token "$token" >"$work/log" 2>&1
    if [ $? -eq 3 ]; then
        echo "SKIP $name: its environment cannot be made on this machine"
        return
    fi
    line=$(grep -E '[0-9]+ passed' "$work/log" | tail -1)
    passed=$(echo "$line" | grep -Eo '[0-9]+ passed' | grep -Eo '[0-9]+')
    failed=$(echo "$line" | grep -Eo '[0-9]+ failed' | grep -Eo '[0-9]+')
    if [ "${failed:-999}" -le "$most" ] && [ "${passed:-0}" -ge "$least" ]; then
        echo "PASS $name: $line"
    else
        echo "FAIL $name: ${line:-no score}"
        tail -20 "$work/log" | sed 's/^/     /'
    fi
}

# Microsoft's collection wants to begin with nobody there.
judge entra-postman 4 103 "$shared/conformance/run-entra-postman.sh"
# Whoever draws roles by lot must not draw the last owner.
printf 'userName,givenName,familyName,email,role\nowner@acme.test,Ada,King,owner@acme.test,owner\n' >"$work/owner.csv"
"$headcount" account import acme "$work/owner.csv" >/dev/null
judge replay 0 81 python3 "$shared/idp/replay.py" --all
judge scim2-tester 0 130 "$shared/conformance/run-scim2-tester.sh"
judge okta-spec 0 12 python3 "$shared/conformance/run-okta-spec.py"
judge scim-sanity 1 27 "$shared/conformance/run-scim-sanity.sh"
judge scim-sim 0 9 "$shared/conformance/run-scim-sim.sh"
