#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/temp_folder.h"

namespace alexnet::test {

/// How a process ended and what it printed.
struct Outcome {
  int code = 0;  ///< exit code; 128 + signal for a process that a signal ended
  std::string out;
  std::string err;
};

/// The file that is run.
std::string program_path();

/// A running `alexnet`; killed if nobody waits for it.
class Program {
 public:
  /// Starts it, or another `file`, in `folder`.
  explicit Program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                   const std::string& file = program_path());
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void send(int signal) const;
  pid_t process() const { return process_; }
  bool running();
  Outcome wait();

 private:
  TempFolder output_;
  pid_t process_ = -1;
  int status_ = 0;
};

Outcome run_program(const std::vector<std::string>& arguments,
                    const std::filesystem::path& folder = std::filesystem::current_path());

}  // namespace alexnet::test
