#include "serve/api/json_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base64.h"
#include "serve/api/encoded_image.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using Event = json::parse_event_t;

constexpr std::int64_t kUnknown = -1;

// The lists that are open, and whether those of one level are equally long.
class Nesting {
 public:
  void open() {
    constexpr std::size_t kDeepest = 8;
    if (counts_.size() == kDeepest) throw Problem(400, "lists are nested more than 8 deep");
    if (depth_ > 0 && counts_.size() == depth_) refuse();  // where values are elsewhere
    count();
    counts_.push_back(0);
    if (shape_.size() < counts_.size()) shape_.push_back(kUnknown);
  }
  void add_value() {
    if (depth_ == 0) depth_ = counts_.size();
    if (counts_.size() != depth_) refuse();
    count();
  }
  void close() {
    std::int64_t& extent = shape_[counts_.size() - 1];
    if (extent != kUnknown && extent != counts_.back()) refuse();
    extent = counts_.back();
    counts_.pop_back();
  }
  bool closed() const { return counts_.empty(); }
  const std::vector<std::int64_t>& shape() const { return shape_; }

 private:
  [[noreturn]] static void refuse() {
    throw Problem(400, "the lists of the data are ragged: of one level, not all are equally long");
  }
  void count() {
    if (!counts_.empty()) ++counts_.back();
  }

  std::size_t depth_ = 0;             // lists around each value; 0: no value so far
  std::vector<std::int64_t> counts_;  // elements so far of the lists that are open
  std::vector<std::int64_t> shape_;
};

class Reader {
 public:
  Reader(const std::vector<TensorPath>& paths, const TensorLimits& limits)
      : paths_(paths), limits_(limits) {}

  bool operator()(Event event, const json& parsed) {
    return tensor_.has_value() && !nesting_.closed() ? inside(event, parsed)
                                                     : outside(event, parsed);
  }
  std::optional<JsonTensor> take() { return std::move(tensor_); }

 private:
  bool outside(Event event, const json& parsed) {
    constexpr int kMostValues = 10'000;
    if (event == Event::array_end || event == Event::object_end) {
      path_.pop_back();
      return true;
    }
    if (++values_ > kMostValues) {
      throw Problem(400, fmt::format("the request's body has more than {} values outside of {}, "
                                     "where its data belongs, such as in '{}'",
                                     kMostValues, places(), text_of(path_)));
    }
    if (event == Event::key) path_.back() = parsed.get_ref<const std::string&>();
    if (event == Event::array_start && is_tensor()) {
      tensor_.emplace();  // a second one is the last, and refused by who reads the body
      nesting_ = {};
      nesting_.open();
    } else if (event == Event::array_start || event == Event::object_start) {
      path_.emplace_back();
    }
    return true;
  }

  // "inputs.[].data"
  template <class Path>
  static std::string text_of(const Path& path) {
    std::string text;
    for (const auto& key : path) {
      text += fmt::format("{}{}", text.empty() ? "" : ".", key.empty() ? "[]" : to_printable(key));
    }
    return text;
  }

  // "'instances' or 'inputs'"
  std::string places() const {
    std::string all;
    for (const TensorPath& path : paths_) {
      all += fmt::format("{}'{}'", all.empty() ? "" : " or ", text_of(path));
    }
    return all;
  }

  bool is_tensor() const {
    return std::ranges::any_of(
        paths_, [this](const TensorPath& path) { return std::ranges::equal(path, path_); });
  }

  bool inside(Event event, const json& parsed) {
    switch (event) {
      case Event::array_start:
        nesting_.open();
        return true;
      case Event::array_end:
        nesting_.close();
        if (!nesting_.closed()) return false;
        tensor_->shape = nesting_.shape();
        return true;
      case Event::object_start:
        members_.push_back(0);
        return true;
      case Event::key:
        if (++members_.back() > 1) {
          throw Problem(400, "an object in the data has several members where one is the image");
        }
        return true;
      case Event::object_end:
        if (members_.back() == 0) throw Problem(400, "an object in the data is empty");
        members_.pop_back();
        return false;
      case Event::value:
        add(parsed);
        return !members_.empty();  // an object must keep its member as long as it is open
    }
    return true;
  }

  void add(const json& value) {
    nesting_.add_value();
    if (value.is_number()) {
      add_number(value.get<double>());
    } else if (value.is_string()) {
      add_file(value.get_ref<const std::string&>());
    } else {
      throw Problem(400, fmt::format("the data has {} where a number or an image in base64 must be",
                                     to_printable(value.dump())));
    }
    if (!tensor_->numbers.empty() && !tensor_->files.empty()) {
      throw Problem(400, "the data has both numbers and text");
    }
  }

  void add_number(double number) {
    if (tensor_->numbers.size() == limits_.numbers) {
      throw Problem(413,
                    fmt::format("the data has more than {} numbers, which the model takes at a "
                                "time; send fewer images",
                                limits_.numbers));
    }
    constexpr double kLargest = 255;
    tensor_->are_bytes =
        tensor_->are_bytes && number >= 0 && number <= kLargest && number == std::floor(number);
    tensor_->numbers.push_back(static_cast<float>(number));
  }

  void add_file(std::string_view text) {
    check_image_count(tensor_->files.size() + 1, limits_.files);
    tensor_->files.push_back(decode_base64(text, image_name(tensor_->files.size() + 1)));
  }

  const std::vector<TensorPath>& paths_;
  const TensorLimits& limits_;
  std::vector<std::string> path_;  // the key of each list and object that is open; "" of lists
  int values_ = 0;                 // outside the tensor
  std::optional<JsonTensor> tensor_;
  Nesting nesting_;
  std::vector<int> members_;  // of the objects that are open in the tensor
};

}  // namespace

TensorDocument read_tensor_document(std::string_view text, const std::vector<TensorPath>& paths,
                                    const TensorLimits& limits) {
  Reader reader(paths, limits);
  json body =
      parse_json_body(text, [&](Event event, const json& parsed) { return reader(event, parsed); });
  return {.body = std::move(body), .tensor = reader.take()};
}

}  // namespace alexnet::serve
