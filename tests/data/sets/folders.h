#pragma once

#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <string>

#include "support/temp_data.h"

namespace alexnet::test {

/// A folder that images are put into.
class Folders : public ::testing::Test {
 protected:
  DatasetPtr open(Split split) const { return open_dataset(folder_.path().string(), split); }
  void add(const std::string& path) const { write_png(folder_ / path, pattern(0, 8, 3, 1, 0)); }

  TempFolder folder_;
};

}  // namespace alexnet::test
