#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/exit_codes.h"
#include "support/temp_folder.h"

/// What the program refuses, as far as one can do it wrong by hand: the input and the sentence.
/// Read the lists as somebody who meets one of them for the first time.
namespace alexnet::test {

struct Refusal {
  const char* arguments;  ///< separated by spaces
  int code;
  std::string sentence;
};

class Refusals : public testing::Test {
 protected:
  /// A folder with good data and weights, where all commands are run: `set` has three parts, `flat`
  /// and `letters` have none, `digits` are in MNIST's files.
  Refusals();

  void expect(const std::vector<Refusal>& refusals) const;

  TempFolder folder_;
};

}  // namespace alexnet::test
