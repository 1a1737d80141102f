// Where OpenMP binds the program's first thread, which it does before main: so each test is another
// process, whose exit code is what it counts.
#include "core/places.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "core/crew.h"
#include "core/threads.h"

namespace alexnet::parallel {
namespace {

bool loaded(const char* library) {
  void* const found = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  if (found != nullptr) dlclose(found);
  return found != nullptr;
}

class PlacesDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (loaded("libomp.so.5") && loaded("libgomp.so.1")) {
      GTEST_SKIP()
          << "GNU's OpenMP, which oneDNN needs, leaves LLVM's one processor when both bind threads";
    }
    if (available_threads() < 2) GTEST_SKIP() << "there is only one processor";
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    setenv("OMP_PROC_BIND", "true", 1);
    setenv("OMP_PLACES", "threads", 1);
  }
  void TearDown() override {
    unsetenv("OMP_PLACES");
    unsetenv("OMP_PROC_BIND");
  }
};

/// Where the calling thread may run.
cpu_set_t processors() {
  cpu_set_t set;
  pthread_getaffinity_np(pthread_self(), sizeof(set), &set);
  return set;
}

int count(const cpu_set_t& set) {
  return CPU_COUNT(&set);
}

int processors_of_a_team() {
  const ThreadTeam size(2);
  std::vector<cpu_set_t> sets(2);
  with_team([&](const Team& team) { sets[team.index()] = processors(); });
  CPU_OR(&sets[0], &sets[0], &sets[1]);
  return count(sets[0]);
}

int processors_of_another_thread() {
  int found = 0;
  std::thread([&] {
    run_at_all_places();
    found = count(processors());
  }).join();
  return found;
}

TEST_F(PlacesDeathTest, EachThreadOfATeamHasItsOwn) {
  EXPECT_EXIT(std::exit(processors_of_a_team()), testing::ExitedWithCode(2), "");
}

TEST_F(PlacesDeathTest, OtherThreadsRunAtAll) {
  const int all = count(processors());
  EXPECT_EXIT(std::exit(processors_of_another_thread()), testing::ExitedWithCode(all), "");
}

}  // namespace
}  // namespace alexnet::parallel
