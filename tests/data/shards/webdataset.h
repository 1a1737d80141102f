#pragma once

#include <alexnet/dataset.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/shards/archive.h"
#include "support/temp_data.h"

namespace alexnet::test {

inline auto left(const std::string& reason, std::size_t files, const std::string& example) {
  return ::testing::AllOf(::testing::Field(&LeftOut::reason, reason),
                          ::testing::Field(&LeftOut::files, files),
                          ::testing::Field(&LeftOut::example, example));
}

// Archives as others write them.
class WebDataset : public testing::Test {
 protected:
  WebDataset() { png_ = png_of(folder_.path(), pattern(1, 8, 3, 1, 1)); }

  void add_pair(const std::string& key, const std::string& label) {
    append_member(archive_, key + ".png", png_);
    append_member(archive_, key + ".cls", bytes_of(label));
  }
  void add(const std::string& name, const std::string& content) {
    append_member(archive_, name, bytes_of(content));
  }
  std::filesystem::path write(const std::string& name = "set/x.tar") const {
    write_bytes(folder_ / name, archive_);
    return folder_ / name;
  }
  // An archive of one pair.
  void write_pair(const std::string& name, const std::string& label) {
    archive_.clear();
    add_pair("a", label);
    write(name);
  }
  DatasetPtr open(const std::string& data = "set", Split split = Split::train) const {
    return open_dataset((folder_ / data).string(), split);
  }
  // As the archives give them.
  std::vector<int> labels(const std::string& data = "set", Split split = Split::train) const {
    const DatasetPtr set = open(data, split);
    std::vector<int> all;
    for (std::size_t i = 0; set && i < set->size(); ++i) {
      const int label = set->sample(i).label;
      const std::string& name = set->classes()[static_cast<std::size_t>(label)];
      all.push_back(name.find_first_not_of("0123456789") == name.npos ? std::stoi(name) : label);
    }
    return all;
  }

  TempFolder folder_;
  Bytes png_;
  Bytes archive_;
};

}  // namespace alexnet::test
