#include "cli/progress_bar.h"

#include <gmock/gmock.h>

namespace alexnet::cli {
namespace {

// The tests' own stderr is captured into a file, so it is no terminal.
TEST(ProgressBar, PrintsPlainLinesNowAndThen) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar;
    for (int i = 1; i < 100; ++i) bar.show("epoch 1/1", i / 100.0, "loss 1.0");
    bar.show("epoch 1/1", 1.0, "loss 0.5");
    bar.message("done");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "epoch 1/1   1 %  loss 1.0\nepoch 1/1 100 %  loss 0.5\ndone\n");
}

}  // namespace
}  // namespace alexnet::cli
