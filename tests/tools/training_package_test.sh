#!/usr/bin/env bash
# find_package(rpp COMPONENTS training): the tutorial as a project of its own, against the installed package.
# Usage: training_package_test.sh PATH_OF_TUTORIAL-YOUR-OWN-MODULE
source "$(dirname "$0")/expect.sh"
build=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

ln -s "$build" build
expect 0 '1 commands run' env HOME="$dir" python3 "$root/tests/tools/doc_run.py" "$root/docs/tutorials/your-own-module.md"
mkdir user && cp "$build/tutorials/your-own-module.cpp" user/main.cpp
cat > user/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(rpp REQUIRED COMPONENTS training)
add_executable(user main.cpp)
target_link_libraries(user rpp::training)
END
torch=$(sed -n 's|^LibTorch_INCLUDE_DIR:PATH=\(.*\)/include/torch/csrc/api/include$|\1|p' "$build/CMakeCache.txt")
cmake -S user -B use -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$dir/rpp-training" -DLibTorch_ROOT="$torch" > log 2>&1 &&
  cmake --build use >> log 2>&1 || { cat log; exit 1; }
expect 0 "$("$1")" use/user

# A component that is not there is named.
sed -i 's/COMPONENTS training/COMPONENTS absent/' user/CMakeLists.txt
expect 1 'the component absent is not installed' cmake -S user -B refused -G Ninja -DCMAKE_PREFIX_PATH="$dir/rpp-training"
