#include "cli/refusals/refusals.h"

#include <alexnet/model.h>

#include <filesystem>
#include <iterator>
#include <sstream>

#include "cli/program.h"
#include "support/band_model.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// Others say before what is trained on, or assumed.
std::string last_line(std::string text) {
  text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Refusals::Refusals() {
  write_image_folder(folder_ / "set", {"ant", "bee"}, 4, kBandSide, 1);
  write_class_folders(folder_ / "flat", {"ant", "bee"}, 4, kBandSide, 1);
  write_class_folders(folder_ / "letters", {"a", "b", "c"}, 2, kBandSide, 1);
  write_idx_dataset(folder_ / "digits", 40, 10, 1);
  std::filesystem::create_directories(folder_ / "empty");
  write_png(folder_ / "x.png", pattern(0, kBandSide, 3, 1, 0));
  for (const char* file : {"text.txt", "note.png", "damaged.safetensors", "damaged.npy"}) {
    write_text(folder_ / file, "only a text of some length\n");
  }
  write_text(folder_ / "none.txt", "");
  write_text(folder_ / "two.txt", "one\ntwo\n");
  write_text(folder_ / "damaged.json", "{");
  write_text(folder_ / "config/config.json", "{\"epochs\": ");
  save_model(folder_ / "w.safetensors", band_model(kBandClasses));
  save_model(folder_ / "conv.safetensors", small_model());
}

void Refusals::expect(const std::vector<Refusal>& refusals) const {
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.arguments);
    const Outcome outcome = run_program(words_of(refusal.arguments), folder_.path());
    EXPECT_EQ(outcome.code, refusal.code);
    ASSERT_FALSE(outcome.err.empty());
    EXPECT_EQ(last_line(outcome.err), "alexnet: " + refusal.sentence);
  }
}

}  // namespace alexnet::test
