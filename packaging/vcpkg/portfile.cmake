# To become ports/alexnet/ of vcpkg once the project is public; README.md says what is missing.
vcpkg_from_github(
  OUT_SOURCE_PATH SOURCE_PATH
  REPO "OWNER/alexnet" # where the project is published
  REF "v${VERSION}"
  SHA512 0) # vcpkg prints the right one
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS -DALEXNET_BUILD_TESTS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/alexnet)
vcpkg_fixup_pkgconfig()
vcpkg_copy_tools(TOOL_NAMES alexnet AUTO_CLEAN)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
