#include "golden/golden_suite.h"

namespace alexnet::golden {

using testing::Combine;
using testing::Values;

INSTANTIATE_TEST_SUITE_P(Full, GoldenInputs, Values("alexnet-3x224x224", "alexnet-2012-3x224x224"),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Full, Golden,
                         Combine(Values("reference", "cpu"),
                                 Values("alexnet-3x224x224", "alexnet-2012-3x224x224")),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Full, GoldenTraining,
                         Combine(Values("reference", "cpu"),
                                 Values("alexnet-3x224x224", "alexnet-2012-3x224x224")),
                         kCaseName);

}  // namespace alexnet::golden
