// A model is shared by threads, a session belongs to one. Also run under ThreadSanitizer.
#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "capi/c_handles.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

constexpr std::size_t kThreads = 4;

class CThreads : public ::testing::Test {
 protected:
  CThreads() {
    save_model(folder_ / "x.safetensors", small_model());
    model_ = load(folder_ / "x.safetensors");
  }

  template <class Work>
  static void on_all_threads(Work work) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
  }

  static alexnet_images batch(const Tensor& tensor) {
    auto images = no_images();
    images.floats = tensor.data();
    images.count = 1;
    images.channels = 1;
    images.height = 28;
    images.width = 28;
    return images;
  }

  std::vector<float> run(const SessionHandle& session, std::size_t seed) const {
    const Tensor tensor = random_normal({1, 1, 28, 28}, seed);
    const alexnet_images images = batch(tensor);
    EXPECT_EQ(alexnet_session_run(session.get(), &images), ALEXNET_OK) << alexnet_last_error();
    return output(session, ALEXNET_LOGITS);
  }

  TempFolder folder_;
  ModelHandle model_;
};

TEST_F(CThreads, ShareAModelWithASessionEach) {
  std::vector<std::vector<std::vector<float>>> found(kThreads);
  on_all_threads([&](std::size_t i) {
    for (int round = 0; round < 5; ++round) {
      const SessionHandle own = open_session(model_);
      found[i].push_back(run(own, i));
      const char* json = nullptr;
      EXPECT_EQ(alexnet_model_json(model_.get(), &json), ALEXNET_OK);
      EXPECT_NE(std::string(json).find("small"), std::string::npos);
    }
  });
  const SessionHandle session = open_session(model_);
  for (std::size_t i = 0; i < kThreads; ++i) {
    EXPECT_THAT(found[i], ::testing::Each(run(session, i)));
  }
}

TEST_F(CThreads, TrainCopiesOfAModel) {
  std::vector<double> losses(kThreads);
  on_all_threads([&](std::size_t i) {
    const TrainerHandle trainer = open_trainer(model_);
    const Tensor tensor = random_normal({1, 1, 28, 28}, 1);
    const alexnet_images images = batch(tensor);
    const std::int32_t label = 3;
    for (std::uint32_t step = 0; step < 3; ++step) {
      EXPECT_EQ(alexnet_trainer_compute_gradients(trainer.get(), &images, &label, step, &losses[i],
                                                  nullptr),
                ALEXNET_OK);
      EXPECT_EQ(alexnet_trainer_update(trainer.get(), 0.01F), ALEXNET_OK);
    }
  });
  for (const double loss : losses) EXPECT_EQ(loss, losses[0]);
}

TEST_F(CThreads, HaveTheirOwnLastError) {
  on_all_threads([&](std::size_t i) {
    EXPECT_STREQ(alexnet_last_error(), "");
    const std::string path = "no file " + std::to_string(i);
    for (int round = 0; round < 100; ++round) {
      alexnet_model* model = nullptr;
      EXPECT_REFUSED(alexnet_model_load(path.c_str(), nullptr, &model), ALEXNET_NOT_FOUND, path);
    }
  });
}

TEST_F(CThreads, MayHandASessionOn) {
  const SessionHandle session = open_session(model_);
  const std::vector<float> expected = run(session, 1);
  std::thread([&] { EXPECT_EQ(run(session, 1), expected); }).join();
}

}  // namespace
}  // namespace alexnet::test
