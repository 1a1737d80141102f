#include "support/paths.h"

namespace alexnet {

std::filesystem::path tests_folder() {
  return ALEXNET_TESTS_DIR;
}

std::filesystem::path program_path() {
  return ALEXNET_PROGRAM;
}

}  // namespace alexnet
