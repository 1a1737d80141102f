// Calls of a thread that gets no more memory, wherever they ask for some.
#include <gmock/gmock.h>

#include <cstdlib>
#include <functional>
#include <new>

#include "capi/c_handles.h"
#include "core/file.h"
#include "data/image/png_writer.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace {

constexpr std::int64_t kPlenty = -1;
thread_local std::int64_t allocations_left = kPlenty;
thread_local std::size_t smallest = 0;  // of those that count

void* allocate(std::size_t alignment, std::size_t size) {
  if (size >= smallest) {
    if (allocations_left == 0) throw std::bad_alloc();
    if (allocations_left != kPlenty) --allocations_left;
  }
  void* const memory =
      std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Of the whole program. Those of arrays call these; so would those that do not throw, but not those
// of a sanitizer.
void* operator new(std::size_t size) {
  return allocate(__STDCPP_DEFAULT_NEW_ALIGNMENT__, size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*quiet*/) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(static_cast<std::size_t>(alignment), size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}

namespace alexnet::test {
namespace {

constexpr std::size_t kAny = 0;
// A value of nlohmann::json asks for some bytes when it is destroyed, and ends the process without.
constexpr std::size_t kJsonsOwn = 1024;

class CMemory : public ::testing::Test {
 protected:
  CMemory() {
    save_model(path_, small_model());
    model_ = load(path_);
    image_.floats = values_.data();
    image_.count = 1;
    image_.channels = 1;
    image_.height = 28;
    image_.width = 28;
  }

  /// The call fails as long as it gets less memory than it needs, and then does what it should.
  /// Only allocations of `of_bytes` and more are refused.
  static void expect_shortage_is_said(std::size_t of_bytes,
                                      const std::function<alexnet_status()>& call) {
    smallest = of_bytes;
    for (std::int64_t given = 0;; given += 1 + given / 16) {
      allocations_left = given;
      const alexnet_status status = call();
      allocations_left = kPlenty;
      if (status == ALEXNET_OK) {
        EXPECT_GT(given, 0) << "it needs no memory";
        return;
      }
      ASSERT_EQ(status, ALEXNET_UNSUPPORTED) << given << ": " << alexnet_last_error();
      ASSERT_STREQ(alexnet_last_error(),
                   "there is not enough memory; use smaller batches or images");
    }
  }

  TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.safetensors";
  ModelHandle model_;
  const Tensor values_ = random_normal({1, 1, 28, 28}, 1);
  alexnet_images image_ = no_images();
};

TEST_F(CMemory, ForModels) {
  const auto made = [](alexnet_status status, alexnet_model* model) {
    EXPECT_EQ(model != nullptr, status == ALEXNET_OK);
    alexnet_model_free(model);
    return status;
  };
  const std::string path = path_;
  const std::string file = read_text_file(path_);
  const std::string saved = folder_ / "saved.safetensors";
  const Tensor bias({10});
  const alexnet_tensor tensor = view_of(bias);
  const char* name = "classifier.0.bias";
  expect_shortage_is_said(kJsonsOwn, [&] {
    alexnet_model* model = nullptr;
    const auto status = alexnet_model_load(path.c_str(), nullptr, &model);
    return made(status, model);
  });
  expect_shortage_is_said(kJsonsOwn, [&] {
    alexnet_model* model = nullptr;
    const auto status =
        alexnet_model_load_memory(file.data(), file.size(), "a name", nullptr, &model);
    return made(status, model);
  });
  expect_shortage_is_said(kJsonsOwn, [&] {
    alexnet_model* model = nullptr;
    const auto status = alexnet_model_with_tensors(model_.get(), &name, &tensor, 1, &model);
    return made(status, model);
  });
  expect_shortage_is_said(kJsonsOwn,
                          [&] { return alexnet_model_save(model_.get(), saved.c_str()); });
  EXPECT_EQ(read_text_file(saved), file);
}

TEST_F(CMemory, ForSessions) {
  const std::string picture = folder_ / "x.png";
  save_png(picture, {.height = 30,
                     .width = 40,
                     .channels = 1,
                     .pixels = std::vector<std::uint8_t>(std::size_t{30} * 40, 7)});
  const char* path = picture.c_str();
  auto options = session_options();
  options.layer = "conv1";
  const SessionHandle session = open_session(model_, options);
  expect_shortage_is_said(kAny, [&] {
    alexnet_session* made = nullptr;
    const auto status = alexnet_session_create(model_.get(), nullptr, &made);
    EXPECT_EQ(made != nullptr, status == ALEXNET_OK);
    alexnet_session_free(made);
    return status;
  });
  expect_shortage_is_said(kAny, [&] { return alexnet_session_run_files(session.get(), &path, 1); });
  expect_shortage_is_said(kAny, [&] { return alexnet_session_run(session.get(), &image_); });
  expect_shortage_is_said(kAny, [&] {
    alexnet_tensor tensor{};
    return alexnet_session_output(session.get(), ALEXNET_ACTIVATIONS, &tensor);
  });
  expect_shortage_is_said(kAny, [&] {
    alexnet_prediction best{};
    std::int32_t count = 0;
    return alexnet_session_predictions(session.get(), 0, 1, &best, &count);
  });
  const SessionHandle another = open_session(model_);
  ASSERT_OK(alexnet_session_run(another.get(), &image_));
  EXPECT_EQ(output(session, ALEXNET_LOGITS), output(another, ALEXNET_LOGITS));
}

TEST_F(CMemory, ForTrainers) {
  const TrainerHandle trainer = open_trainer(model_);
  const std::int32_t label = 3;
  expect_shortage_is_said(kAny, [&] {
    alexnet_trainer* made = nullptr;
    const auto status = alexnet_trainer_create(model_.get(), nullptr, &made);
    EXPECT_EQ(made != nullptr, status == ALEXNET_OK);
    alexnet_trainer_free(made);
    return status;
  });
  expect_shortage_is_said(kAny, [&] {
    return alexnet_trainer_compute_gradients(trainer.get(), &image_, &label, 0, nullptr, nullptr);
  });
  expect_shortage_is_said(kJsonsOwn, [&] {
    alexnet_model* made = nullptr;
    const auto status = alexnet_trainer_model(trainer.get(), &made);
    EXPECT_EQ(made != nullptr, status == ALEXNET_OK);
    alexnet_model_free(made);
    return status;
  });
}

}  // namespace
}  // namespace alexnet::test
