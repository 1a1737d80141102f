#include <alexnet_c.h>
#include <stdio.h>

int main(void) {
  if (alexnet_c_version() != ALEXNET_C_VERSION) return 1;
  alexnet_model* model;
  const alexnet_status status = alexnet_model_load("no such file", NULL, &model);
  printf("%s: %s\n", alexnet_status_name(status), alexnet_last_error());
  return 0;
}
