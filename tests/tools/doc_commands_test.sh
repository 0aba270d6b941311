#!/usr/bin/env bash
# The commands in the documentation name programs, options, settings and files that exist; and a command that does not is found.
# Usage: doc_commands_test.sh PATH_OF_RPP_DATA      (the other programs lie beside it)
source "$(dirname "$0")/expect.sh"
build=$(cd "$(dirname "$1")" && pwd)
cd "$(dirname "$0")/../.." || exit 1
check=(python3 tests/tools/doc_commands.py --build "$build")

expect 0 ', 0 faults' "${check[@]}" README.md docs/*.md docs/tutorials/*.md

# faulty TEXT BLOCK: a page with this block of a shell is refused with this text.
faulty() {
  printf '# Page\n```sh\n%s\n```\n' "$2" > "$dir/page.md"
  expect 1 "page.md:$1" "${check[@]}" "$dir/page.md"
}
faulty '3: rpp-data build has no option --outptu' 'build/rpp-data build --input a --outptu b'
faulty '3: rpp-data build has no option --outptu' $'build/rpp-data build \\\n  --input a --outptu=b   # a comment'
faulty '3: rpp-data has no subcommand biuld' 'build/rpp-data biuld --input a'
faulty '3: rpp-data build has no option --outptu' 'build/rpp-launch -n 2 -- build/rpp-data build --outptu b'
faulty '3: rpp-launch has no option --input' 'build/rpp-launch -n 2 --input a -- build/rpp-data build'
faulty '3: there is no rpp-dta' 'rpp-dta build --input a'
faulty '4: scripts/setup.sh has no option --fast' $'scripts/setup.sh --cpu\nscripts/setup.sh --fast'
faulty '3: scripts/test.sh has no option --fast' 'scripts/test.sh --fast'
faulty '3: scripts/sweep.py has no option --estimat' 'scripts/sweep.py configs/sweep/demo.yaml --estimat'
faulty '3: scripts/compare/reference_squad.py has no option --sede' 'python3 scripts/compare/reference_squad.py --seed 1 --sede 1'
faulty '3: there is no scripts/absent.sh' 'cd .. && scripts/absent.sh'
faulty '3: there is no configs/absent.yaml' 'echo a | build/rpp-predict --model configs/absent.yaml'
faulty '3: there is no configs/model/bert-absent.yaml' 'for m in a; do build/rpp-bench train --model configs/model/bert-{base,absent}.yaml; done'
faulty '3: there is no setting train.stpes' 'build/rpp-pretrain configs/demo/rpp.yaml --set train.stpes=1'

# What is no command of ours, or stands for a name of the reader's, is no fault.
cat > "$dir/page.md" <<'PAGE'
`rpp-movies` is a run, `scripts/test.sh --cpu` a command.
```
cmake --preset absent && build/rpp-data build --input 'a --b' --output c
scripts/plots.py A --output b.png
build/rpp-finetune --config configs/finetune/TASK.yaml --set "epochs=$n"
```
```yaml
rpp-absent --option
```
PAGE
expect 0 '4 commands on 1 pages, 0 faults' "${check[@]}" "$dir/page.md"
printf 'Run `scripts/setup.sh --fast` first.\n' > "$dir/page.md"
expect 1 'page.md:1: scripts/setup.sh has no option --fast' "${check[@]}" "$dir/page.md"
