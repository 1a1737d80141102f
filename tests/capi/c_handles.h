#pragma once

#include <alexnet/model.h>
#include <alexnet/random.h>
#include <alexnet_c.h>
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Fails with the library's sentence where the call fails.
#define ASSERT_OK(call) ASSERT_EQ(call, ALEXNET_OK) << alexnet_last_error()

/// The call fails with this status and a sentence that contains `text`.
#define EXPECT_REFUSED(call, status, text)                         \
  do {                                                             \
    EXPECT_EQ(call, status);                                       \
    EXPECT_THAT(alexnet_last_error(), ::testing::HasSubstr(text)); \
  } while (false)

namespace alexnet::test {

struct FreeHandle {
  void operator()(alexnet_model* model) const { alexnet_model_free(model); }
  void operator()(alexnet_session* session) const { alexnet_session_free(session); }
  void operator()(alexnet_trainer* trainer) const { alexnet_trainer_free(trainer); }
  void operator()(alexnet_lpips* lpips) const { alexnet_lpips_free(lpips); }
};
using ModelHandle = std::unique_ptr<alexnet_model, FreeHandle>;
using SessionHandle = std::unique_ptr<alexnet_session, FreeHandle>;
using TrainerHandle = std::unique_ptr<alexnet_trainer, FreeHandle>;
using LpipsHandle = std::unique_ptr<alexnet_lpips, FreeHandle>;

/// As the library's own functions fill it.
template <class Options, class Init>
Options defaults(Init init) {
  Options options;
  EXPECT_EQ(init(&options, sizeof(options)), ALEXNET_OK) << alexnet_last_error();
  return options;
}
inline auto session_options() {
  return defaults<alexnet_session_options>(alexnet_session_options_init);
}
inline auto trainer_options() {
  return defaults<alexnet_trainer_options>(alexnet_trainer_options_init);
}
inline auto lpips_options() {
  return defaults<alexnet_lpips_options>(alexnet_lpips_options_init);
}
inline auto network_options() {
  return defaults<alexnet_network_options>(alexnet_network_options_init);
}
inline auto load_options() {
  return defaults<alexnet_load_options>(alexnet_load_options_init);
}
inline auto no_images() {
  return defaults<alexnet_images>(alexnet_images_init);
}

inline ModelHandle load(const std::filesystem::path& path) {
  alexnet_model* model = nullptr;
  EXPECT_EQ(alexnet_model_load(path.c_str(), nullptr, &model), ALEXNET_OK) << alexnet_last_error();
  return ModelHandle(model);
}

inline SessionHandle open_session(const ModelHandle& model,
                                  const alexnet_session_options& options = session_options()) {
  alexnet_session* session = nullptr;
  EXPECT_EQ(alexnet_session_create(model.get(), &options, &session), ALEXNET_OK)
      << alexnet_last_error();
  return SessionHandle(session);
}

inline TrainerHandle open_trainer(const ModelHandle& model,
                                  const alexnet_trainer_options& options = trainer_options()) {
  alexnet_trainer* trainer = nullptr;
  EXPECT_EQ(alexnet_trainer_create(model.get(), &options, &trainer), ALEXNET_OK)
      << alexnet_last_error();
  return TrainerHandle(trainer);
}

inline std::vector<std::int64_t> shape_of(const alexnet_tensor& tensor) {
  return {tensor.shape, tensor.shape + tensor.rank};
}

inline std::vector<float> values_of(const alexnet_tensor& tensor) {
  return {tensor.values, tensor.values + element_count(shape_of(tensor))};
}

inline alexnet_tensor view_of(const Tensor& tensor) {
  alexnet_tensor view{};
  view.values = tensor.data();
  view.rank = static_cast<std::int32_t>(tensor.shape().size());
  std::copy(tensor.shape().begin(), tensor.shape().end(), view.shape);
  return view;
}

inline std::vector<float> output(const SessionHandle& session, std::int32_t which) {
  alexnet_tensor tensor{};
  EXPECT_EQ(alexnet_session_output(session.get(), which, &tensor), ALEXNET_OK)
      << alexnet_last_error();
  return values_of(tensor);
}

inline std::vector<float> values_of(std::span<const float> values) {
  return {values.begin(), values.end()};
}

}  // namespace alexnet::test
