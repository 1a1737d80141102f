#include <algorithm>
#include <cstdlib>

#include "ranks/communicator.h"

namespace alexnet {
namespace {

class Alone : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int on_these_processors() const override { return 1; }
  void exchange(const std::vector<std::span<const std::byte>>& to,
                const std::vector<std::span<std::byte>>& from) override {
    std::ranges::copy(to.front(), from.front().begin());
  }
  Communicator* for_another_thread() override { return nullptr; }
  void watch(int /*patience*/, std::function<void(const std::vector<int>&)> /*lost*/) override {}
  [[noreturn]] void abort(int code) override { std::_Exit(code); }
};

}  // namespace

std::unique_ptr<Communicator> alone() {
  return std::make_unique<Alone>();
}

}  // namespace alexnet
