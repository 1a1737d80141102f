/* A C11 program that links libalexnet.so and finds the answers of the C++ library, which
 * make_answers wrote into the folder of its argument. */
#include <alexnet_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 10
#define PICTURES 2
#define BATCH 4
#define STEPS 3
#define WEIGHTS (4 * 1 * 5 * 5)

static const char* folder;

static void check(int holds, const char* what, int line) {
  if (holds) return;
  fprintf(stderr, "program.c:%d: %s: %s\n", line, what, alexnet_last_error());
  exit(1);
}
#define CHECK(what) check(what, #what, __LINE__)
#define OK(call) CHECK((call) == ALEXNET_OK)

static const char* path_of(const char* name) {
  static char path[2][4096];
  static int next;
  next = 1 - next;
  snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
  return path[next];
}

/* The caller frees it. */
static void* read_file(const char* name, size_t* size) {
  FILE* file = fopen(path_of(name), "rb");
  CHECK(file != NULL);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  void* bytes = malloc(*size);
  CHECK(bytes != NULL && fread(bytes, 1, *size, file) == *size);
  fclose(file);
  return bytes;
}

static void check_answer(const char* name, const float* values, size_t count) {
  size_t size;
  float* answer = read_file(name, &size);
  CHECK(size == count * sizeof *answer);
  CHECK(memcmp(values, answer, size) == 0);
  free(answer);
}

static void check_output(alexnet_session* session, int32_t output, const char* name) {
  alexnet_tensor tensor;
  OK(alexnet_session_output(session, output, &tensor));
  size_t count = 1;
  for (int32_t i = 0; i < tensor.rank; ++i) count *= (size_t)tensor.shape[i];
  CHECK(tensor.shape[0] == PICTURES);
  check_answer(name, tensor.values, count);
}

static void describe(const alexnet_model* model) {
  const char* text;
  int32_t count;
  int32_t channels;
  int32_t height;
  int32_t width;
  OK(alexnet_model_network(model, &text));
  CHECK(strcmp(text, "small") == 0);
  OK(alexnet_model_class_count(model, &count));
  CHECK(count == CLASSES);
  OK(alexnet_model_input(model, &channels, &height, &width));
  CHECK(channels == 1 && height == 28 && width == 28);
  OK(alexnet_model_json(model, &text));
  CHECK(strstr(text, "\"model\":\"small\"") != NULL);
}

static void check_predictions(alexnet_session* session) {
  for (int32_t i = 0; i < PICTURES; ++i) {
    alexnet_prediction all[CLASSES];
    int32_t count;
    OK(alexnet_session_predictions(session, i, CLASSES, all, &count));
    CHECK(count == CLASSES);
    double sum = 0;
    for (int k = 0; k < CLASSES; ++k) {
      CHECK(all[k].label[0] == '0' + all[k].index);
      sum += all[k].probability;
    }
    CHECK(fabs(sum - 1) < 1e-5);
  }
}

static void classify(const alexnet_model* model) {
  alexnet_session_options options;
  OK(alexnet_session_options_init(&options, sizeof options));
  options.max_batch = PICTURES;
  alexnet_session* session;
  OK(alexnet_session_create(model, &options, &session));

  const char* paths[] = {path_of("0.png"), path_of("1.png")};
  OK(alexnet_session_run_files(session, paths, PICTURES));
  check_output(session, ALEXNET_LOG_PROBABILITIES, "log_probabilities.f32");
  check_predictions(session);

  size_t sizes[PICTURES];
  const void* files[] = {read_file("0.png", &sizes[0]), read_file("1.png", &sizes[1])};
  OK(alexnet_session_run_encoded(session, files, sizes, PICTURES));
  check_output(session, ALEXNET_LOGITS, "logits.f32");
  check_output(session, ALEXNET_FEATURES, "features.f32");
  for (int i = 0; i < PICTURES; ++i) free((void*)files[i]);
  alexnet_session_free(session);
}

static void train(const alexnet_model* model) {
  alexnet_trainer_options options;
  OK(alexnet_trainer_options_init(&options, sizeof options));
  options.max_batch = BATCH;
  alexnet_trainer* trainer;
  OK(alexnet_trainer_create(model, &options, &trainer));
  size_t size;
  float* images = read_file("images.f32", &size);
  const alexnet_images batch = {.struct_size = sizeof batch,
                                .floats = images,
                                .count = BATCH,
                                .channels = 1,
                                .height = 28,
                                .width = 28};
  const int32_t labels[BATCH] = {3, 1, 4, 1};
  float losses[STEPS];
  for (uint32_t step = 0; step < STEPS; ++step) {
    double loss;
    OK(alexnet_trainer_compute_gradients(trainer, &batch, labels, step, &loss, NULL));
    OK(alexnet_trainer_update(trainer, 0.01F));
    losses[step] = (float)loss;
  }
  check_answer("losses.f32", losses, STEPS);
  free(images);

  alexnet_model* trained;
  OK(alexnet_trainer_model(trainer, &trained));
  alexnet_trainer_free(trainer);
  OK(alexnet_model_save(trained, path_of("trained.onnx")));
  alexnet_model_free(trained);
  OK(alexnet_model_load(path_of("trained.onnx"), NULL, &trained));
  alexnet_tensor weight;
  OK(alexnet_model_tensor(trained, "features.0.weight", &weight));
  check_answer("trained.f32", weight.values, WEIGHTS);
  alexnet_model_free(trained);
}

int main(int argc, char** argv) {
  if (argc != 2) return fprintf(stderr, "usage: program FOLDER\n"), 2;
  folder = argv[1];
  CHECK(alexnet_c_version() == ALEXNET_C_VERSION);

  alexnet_model* model;
  CHECK(alexnet_model_load(path_of("none"), NULL, &model) == ALEXNET_NOT_FOUND);
  CHECK(model == NULL && strstr(alexnet_last_error(), "none") != NULL);

  size_t size;
  void* bytes = read_file("model.safetensors", &size);
  OK(alexnet_model_load_memory(bytes, size, "in memory", NULL, &model));
  free(bytes);
  describe(model);
  alexnet_model_free(model);

  OK(alexnet_model_load(path_of("model.safetensors"), NULL, &model));
  describe(model);
  classify(model);
  train(model);
  alexnet_model_free(model);
  return 0;
}
