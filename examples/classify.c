/* Classifies images: classify WEIGHTS IMAGE... */
#include <alexnet_c.h>
#include <stdio.h>

static int fail(void) {
  fprintf(stderr, "%s\n", alexnet_last_error());
  return 1;
}

static int print_best(alexnet_session* session, int32_t image, const char* name) {
  alexnet_prediction best[3];
  int32_t count;
  if (alexnet_session_predictions(session, image, 3, best, &count) != ALEXNET_OK) return fail();
  printf("%s\n", name);
  for (int32_t i = 0; i < count; ++i) {
    printf("%5.1f %%  %s\n", 100 * best[i].probability, best[i].label);
  }
  return 0;
}

static int classify(alexnet_session* session, char** images, int32_t count) {
  if (alexnet_session_run_files(session, (const char* const*)images, count) != ALEXNET_OK) {
    return fail();
  }
  int result = 0;
  for (int32_t i = 0; i < count && result == 0; ++i) {
    result = print_best(session, i, images[i]);
  }
  return result;
}

int main(int argc, char** argv) {
  if (argc < 3) return fprintf(stderr, "usage: classify WEIGHTS IMAGE...\n"), 2;

  alexnet_model* model;
  if (alexnet_model_load(argv[1], NULL, &model) != ALEXNET_OK) return fail();

  alexnet_session_options options;
  alexnet_session_options_init(&options, sizeof options);
  options.max_batch = argc - 2;
  alexnet_session* session;
  const alexnet_status status = alexnet_session_create(model, &options, &session);
  alexnet_model_free(model); /* the session keeps what it needs */
  if (status != ALEXNET_OK) return fail();

  const int result = classify(session, argv + 2, options.max_batch);
  alexnet_session_free(session);
  return result;
}
