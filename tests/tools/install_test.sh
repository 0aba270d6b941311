#!/usr/bin/env bash
# The runtime in another project: installed, found by CMake, and used as docs/tutorials/deploy.md shows, in C and in C++.
# Usage: install_test.sh PATH_OF_RPP_EXPORT
source "$(dirname "$0")/expect.sh"
export=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

expect 1 'is the checkout itself' cmake -S "$root" -B refused -G Ninja -DRPP_RUNTIME_ONLY=ON -DRPP_TESTS=OFF --install-prefix="$root"

# snippet LANGUAGE: the code in the tutorial.
snippet() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p}" "$root/docs/tutorials/deploy.md"; }
mkdir checkout user
snippet c > user/score.c
snippet cpp > user/answer.cpp

# The commands of the page: builds and installs the runtime, and links the two files without CMake.
cp -r "$root"/{CMakeLists.txt,cmake,include,src} user/*.c* checkout/
echo 'skip scripts/dev/arm.sh cross-builds for ARM; test.sh runs it' > rules.txt
cache=$(ccache --get-config cache_dir 2> /dev/null)  # lies in HOME
(cd checkout && HOME=$dir CCACHE_DIR=$cache python3 "$root/tests/tools/doc_run.py" --rules ../rules.txt "$root/docs/tutorials/deploy.md") ||
  exit 1
prefix=$dir/rpp-runtime

# The same with CMake.
cat > user/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C CXX)
find_package(rpp 1.0 REQUIRED)
add_executable(score score.c)
add_executable(answer answer.cpp)
target_link_libraries(score rpp::rpp_shared)
target_link_libraries(answer rpp::rpp)
END
cmake -S user -B use -G Ninja -DCMAKE_PREFIX_PATH="$prefix" > log 2>&1 && cmake --build use >> log 2>&1 ||
  { cat log; exit 1; }

# A project in C, without a C++ compiler.
mkdir c-user
cat > c-user/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.25)
project(c_user LANGUAGES C)
find_package(rpp ${version} REQUIRED)
add_executable(score ../user/score.c)
target_link_libraries(score rpp::rpp_shared)
END
expect 0 '' cmake -S c-user -B c-use -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -Dversion=1.0 -DCMAKE_CXX_COMPILER=absent
expect 0 '' cmake --build c-use
for other in 2.0 1.99; do
  expect 1 "requested version \"$other\"" cmake -S c-user -B other -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -Dversion=$other
done

# A project that adds this one: the runtime alone, without tests, under the same names.
mkdir adds
cat > adds/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.25)
project(adds LANGUAGES C CXX)
add_subdirectory(${checkout} rpp)
add_executable(score ../user/score.c)
add_executable(answer ../user/answer.cpp)
target_link_libraries(score rpp::rpp_shared)
target_link_libraries(answer rpp::rpp)
END
expect 0 'Generating done' cmake -S adds -B add -G Ninja -Dcheckout="$dir/checkout"
expect 1 "unknown target 'runtime_tests'" ninja -C add -t query runtime_tests
expect 0 ' rpp/librpp.so.1.0.0 ' ninja -C add -t commands score
expect 0 ' rpp/librpp.a ' ninja -C add -t commands answer

# The library exports the C interface and nothing else.
exported() { nm -D --defined-only "$prefix"/lib*/librpp.so | awk '$2 ~ /[TDBRVWu]/ {sub(/@.*/, "", $3); print $3}' | sort; }
listed() { sed -nE 's/^function .*\b(rpp_[a-z_]+)\(.*/\1/p' "$root/tests/runtime/c_interface.txt" | sort; }
diff <(listed) <(exported) || { failures=$((failures + 1)); echo "FAILED: exported symbols differ from tests/runtime/c_interface.txt"; }
expect 0 'Library soname: [librpp.so.1]' readelf -d "$prefix/lib/librpp.so"

cp -r "$root/tests/golden/bert/classifier" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > model/vocab.txt
"$export" model --output model.rpp > /dev/null 2>&1
expect 0 '' use/score model.rpp 'w1 w2'
best=$(use/score model.rpp 'w1 w2' | sort -k2 -rn | head -1)
expect 0 "$best" use/answer model.rpp 'w1 w2'
expect 0 "$best" c-use/score model.rpp 'w1 w2'
[[ $best =~ ^[A-Za-z_0-9]+' '0\.[0-9]{4}$ ]] || { failures=$((failures + 1)); echo "FAILED: the best label is '$best'"; }
expect 1 'cannot open absent.rpp: No such file or directory' use/score absent.rpp 'w1'
expect 1 'answer: cannot open absent.rpp: No such file or directory' use/answer absent.rpp 'w1'
expect 1 'usage: score MODEL.rpp TEXT' use/score
expect 1 'usage: answer MODEL.rpp TEXT' use/answer

# A model with a sentencepiece vocabulary.
if command -v python3 > /dev/null; then
  cp -r "$root/tests/golden/xlm_roberta/classifier" unigram
  python3 "$root/tests/tools/small_unigram.py" unigram/tokenizer.json && "$export" unigram --output unigram.rpp > /dev/null 2>&1
  expect 0 'LABEL_2 ' use/score unigram.rpp 'the gardens'
fi

# Linked without CMake.
expect 0 "$best" env LD_LIBRARY_PATH="$prefix/lib" checkout/score model.rpp 'w1 w2'
expect 0 "$best" checkout/answer model.rpp 'w1 w2'

# More labels than the samples expect.
if command -v python3 > /dev/null; then
  python3 - << 'END'
import json, struct
path = "model/model.safetensors"
data = open(path, "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header, body = json.loads(data[8:8 + size]), data[8 + size:]
for name, width in (("classifier.weight", 32), ("classifier.bias", 1)):
    values = bytes(4 * 100 * width)
    header[name] = {"dtype": "F32", "shape": [100, width] if width > 1 else [100], "data_offsets": [len(body), len(body) + len(values)]}
    body += values
# Offsets must leave no holes: the classifier's old tensors are kept under unused names.
old = json.loads(data[8:8 + size])
for name in ("classifier.weight", "classifier.bias"):
    header["unused." + name] = old[name]
text = json.dumps(header).encode()
open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)
config = json.load(open("model/config.json"))
config["id2label"] = {str(i): f"label{i}" for i in range(100)}
config["label2id"] = {f"label{i}": i for i in range(100)}
config["num_labels"] = 100
json.dump(config, open("model/config.json", "w"))
END
  expect 0 '' "$export" model --output many.rpp
  expect 0 'label99 0.0100' use/score many.rpp 'w1 w2'
fi
