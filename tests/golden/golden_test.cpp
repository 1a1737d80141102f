#include "golden/golden_suite.h"

namespace alexnet::golden {

using testing::Combine;
using testing::Values;

INSTANTIATE_TEST_SUITE_P(Small, GoldenInputs, Values("alexnet-1x64x64", "alexnet-3x97x130"),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Small, Golden,
                         Combine(Values("reference", "cpu"),
                                 Values("alexnet-1x64x64", "alexnet-3x97x130")),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Small, GoldenTraining,
                         Combine(Values("reference", "cpu"), Values("alexnet-1x64x64")), kCaseName);

}  // namespace alexnet::golden
