#!/usr/bin/env bash
# rpp-launch with shell scripts as ranks: variables, output, exit statuses, signals.
# Usage: rpp_launch_test.sh PATH_OF_RPP_LAUNCH
source "$(dirname "$0")/expect.sh"
launch=$1
cd "$dir" || exit 1
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

# Wrong usage.
expect 0 'rpp-launch -n N -- COMMAND [ARGUMENT...]' "$launch" --help
expect 2 'rpp-launch: error: -n is required' "$launch" -- true
expect 2 'there is no command: write it behind --' "$launch" -n 2
expect 2 'there is no command: write it behind --' "$launch" -n 2 --
expect 2 'rpp-launch: error:' "$launch" -n 0 -- true
expect 127 'rpp-launch: error: cannot start ./absent: No such file or directory' "$launch" -n 2 -- ./absent

# Each process has its rank; all have one address. Options behind -- are the command's.
expect 0 '' "$launch" -n 3 -- bash -c 'echo "$RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_ADDR $MASTER_PORT" > rank-$RANK'
for rank in 0 1 2; do
  [[ $(cat rank-$rank) == "$rank $rank 3 3 127.0.0.1 "[1-9]* ]] || fault "rank $rank has $(cat rank-$rank)"
done
[ "$(cut -d ' ' -f 6 rank-* | sort -u | wc -l)" = 1 ] || fault 'the ranks have different ports'
expect 0 'ranks -n --help' "$launch" -n 1 -- echo ranks -n --help
TORCHELASTIC_USE_AGENT_STORE=True expect 0 'store: none' "$launch" -n 1 -- bash -c 'echo "store: ${TORCHELASTIC_USE_AGENT_STORE-none}"'

# The output of rank 0 stays as it is, lines of the others name their rank, also a last one without its end.
"$launch" -n 2 -- bash -c 'echo "out $RANK"; echo "error $RANK" >&2; printf "end $RANK"' > out 2> err
[ "$(sort out)" = $'[rank 1] end 1\n[rank 1] out 1\nend 0\nout 0' ] || [ "$(sort out)" = $'[rank 1] end 1\nend 0[rank 1] out 1\nout 0' ] ||
  fault "standard output is $(cat out)"
[ "$(sort err)" = $'[rank 1] error 1\nerror 0' ] || fault "standard error is $(cat err)"
"$launch" -n 2 -- bash -c '[ $RANK = 0 ] || seq 100000' > many
[ "$(wc -l < many)" = 100000 ] && [ "$(tail -1 many)" = '[rank 1] 100000' ] || fault "lines of a long output are lost: $(wc -l < many)"

# One that fails ends all; its status is the result.
start=$SECONDS
expect 7 'rpp-launch: rank 1 exited with 7: ending the others' "$launch" -n 3 -- bash -c '[ $RANK != 1 ] || exit 7; exec sleep 60'
expect 137 'rpp-launch: rank 2 was ended by signal 9 (Killed): ending the others' "$launch" -n 3 -- bash -c '[ $RANK != 2 ] || kill -9 $$; exec sleep 60'
[ $((SECONDS - start)) -lt 40 ] || fault 'the others were not ended'
expect 0 'late' "$launch" -n 2 -- bash -c '[ $RANK = 0 ] || { sleep 0.3; echo late; }'

# Signals are passed on, and the ranks may answer them as they like.
for name in TERM INT; do
  "$launch" -n 2 -- bash -c "trap 'echo stopping; exit 3' $name; touch ready-$name-\$RANK; while :; do sleep 0.05; done" > log 2>&1 &
  pid=$!
  until [ -e ready-$name-0 ] && [ -e ready-$name-1 ]; do sleep 0.05; done
  kill -$name $pid
  wait $pid
  status=$?
  [ $status = 3 ] && [ "$(grep -c stopping log)" = 2 ] && ! grep -q ending log || fault "after SIG$name: $status, $(cat log)"
done

# Without their launcher the ranks end too.
"$launch" -n 2 -- bash -c 'echo $$ > pid-$RANK; exec sleep 60' &
pid=$!
until [ -s pid-0 ] && [ -s pid-1 ]; do sleep 0.05; done
kill -9 $pid
wait $pid 2> /dev/null
for _ in $(seq 100); do kill -0 "$(cat pid-0)" 2> /dev/null || kill -0 "$(cat pid-1)" 2> /dev/null || break; sleep 0.05; done
! kill -0 "$(cat pid-0)" 2> /dev/null && ! kill -0 "$(cat pid-1)" 2> /dev/null || fault 'ranks live on without their launcher'
