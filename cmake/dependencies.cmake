# Everything comes from Debian 12 packages: scripts/install-deps installs them, docs/libraries.md says why
# each is there.
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_package(OpenMP REQUIRED)
find_package(oneDNN 2.6...<3 REQUIRED) # version 3 has another API
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF 4.5 REQUIRED) # with messages and limits of a file's own
find_package(GIF REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(libexif REQUIRED IMPORTED_TARGET libexif)
pkg_check_modules(libhwy REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(libxxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(minizip REQUIRED IMPORTED_TARGET minizip)
find_package(Protobuf 3.21 REQUIRED)
find_package(ONNX REQUIRED) # its messages (onnx_proto); the checker (onnx) for tests
find_package(Boost 1.74 REQUIRED) # Beast and Asio: headers alone
find_package(OpenSSL 3 REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
find_package(faiss 1.7.3 REQUIRED)
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js REQUIRED NO_DEFAULT_PATH)
find_file(CHART_JS_LICENCE copyright PATHS /usr/share/doc/libjs-chart.js REQUIRED NO_DEFAULT_PATH)
find_path(STB_INCLUDE_DIR stb/stb_image.h REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
