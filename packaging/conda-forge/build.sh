#!/usr/bin/env bash
set -euo pipefail
cmake -S . -B build -G Ninja ${CMAKE_ARGS} -D CMAKE_BUILD_TYPE=Release -D ALEXNET_BUILD_TESTS=OFF -D CMAKE_INSTALL_LIBDIR=lib
cmake --build build
cmake --install build
