#pragma once

#include <memory>
#include <string_view>

namespace alexnet::serve {

/// Writes lines to a file descriptor on a thread of its own, so that nobody who logs waits for who
/// reads: a full pipe, a stopped terminal. At most 10 000 lines wait; those beyond are dropped,
/// counted, and the number is written once there is room.
class LogWriter {
 public:
  explicit LogWriter(int descriptor);
  /// Waits a second at most for what is left to be written.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// From any thread; does not block.
  void write(std::string_view line);

 private:
  struct State;
  std::shared_ptr<State> state_;  // the thread's too, which a reader may hold up for ever
};

}  // namespace alexnet::serve
