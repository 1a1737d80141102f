/* The places of the fields of the C interface's structs, on 64 bits. They never move: a field that
 * is added comes behind the last, and gets a line here. */
#include <alexnet_c.h>
#include <stddef.h>

#define PLACE(type, field, offset) \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field " has moved")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has another size")

_Static_assert(sizeof(void*) == 8 && sizeof(size_t) == 8, "the places below are those of 64 bits");
SIZE(alexnet_status, 4);

PLACE(alexnet_tensor, values, 0);
PLACE(alexnet_tensor, shape, 8);
PLACE(alexnet_tensor, rank, 40);
SIZE(alexnet_tensor, 48);

PLACE(alexnet_images, struct_size, 0);
PLACE(alexnet_images, floats, 8);
PLACE(alexnet_images, bytes, 16);
PLACE(alexnet_images, count, 24);
PLACE(alexnet_images, channels, 28);
PLACE(alexnet_images, height, 32);
PLACE(alexnet_images, width, 36);
SIZE(alexnet_images, 40);

PLACE(alexnet_load_options, struct_size, 0);
PLACE(alexnet_load_options, network, 8);
PLACE(alexnet_load_options, classes, 16);
PLACE(alexnet_load_options, class_count, 24);
PLACE(alexnet_load_options, preprocess, 32);
PLACE(alexnet_load_options, state, 40);
PLACE(alexnet_load_options, output, 48);
PLACE(alexnet_load_options, prototxt, 56);
PLACE(alexnet_load_options, mean_image, 64);
PLACE(alexnet_load_options, image_height, 72);
PLACE(alexnet_load_options, image_width, 76);
SIZE(alexnet_load_options, 80);

PLACE(alexnet_network_options, struct_size, 0);
PLACE(alexnet_network_options, seed, 8);
PLACE(alexnet_network_options, class_names, 16);
PLACE(alexnet_network_options, channels, 24);
PLACE(alexnet_network_options, classes, 28);
PLACE(alexnet_network_options, image_height, 32);
PLACE(alexnet_network_options, image_width, 36);
PLACE(alexnet_network_options, initializer, 40);
PLACE(alexnet_network_options, dropout, 44);
SIZE(alexnet_network_options, 48);

PLACE(alexnet_preprocess, struct_size, 0);
PLACE(alexnet_preprocess, mean, 8);
PLACE(alexnet_preprocess, deviation, 16);
PLACE(alexnet_preprocess, mean_image, 24);
PLACE(alexnet_preprocess, mean_image_height, 32);
PLACE(alexnet_preprocess, mean_image_width, 36);
PLACE(alexnet_preprocess, resize_height, 40);
PLACE(alexnet_preprocess, resize_width, 44);
PLACE(alexnet_preprocess, crop_height, 48);
PLACE(alexnet_preprocess, crop_width, 52);
PLACE(alexnet_preprocess, channels, 56);
PLACE(alexnet_preprocess, fit, 60);
PLACE(alexnet_preprocess, interpolation, 64);
SIZE(alexnet_preprocess, 72);

PLACE(alexnet_session_options, struct_size, 0);
PLACE(alexnet_session_options, engine, 8);
PLACE(alexnet_session_options, layer, 16);
PLACE(alexnet_session_options, max_batch, 24);
PLACE(alexnet_session_options, threads, 28);
PLACE(alexnet_session_options, precision, 32);
PLACE(alexnet_session_options, reserved, 36);
SIZE(alexnet_session_options, 40);

PLACE(alexnet_prediction, label, 0);
PLACE(alexnet_prediction, probability, 8);
PLACE(alexnet_prediction, index, 16);
SIZE(alexnet_prediction, 24);

PLACE(alexnet_layer_rate, prefix, 0);
PLACE(alexnet_layer_rate, multiplier, 8);
SIZE(alexnet_layer_rate, 16);

PLACE(alexnet_lpips_options, struct_size, 0);
PLACE(alexnet_lpips_options, engine, 8);
PLACE(alexnet_lpips_options, version, 16);
PLACE(alexnet_lpips_options, epsilon, 20);
PLACE(alexnet_lpips_options, threads, 24);
PLACE(alexnet_lpips_options, reserved, 28);
SIZE(alexnet_lpips_options, 32);

PLACE(alexnet_trainer_options, struct_size, 0);
PLACE(alexnet_trainer_options, engine, 8);
PLACE(alexnet_trainer_options, layer_rates, 16);
PLACE(alexnet_trainer_options, layer_rate_count, 24);
PLACE(alexnet_trainer_options, seed, 32);
PLACE(alexnet_trainer_options, max_batch, 40);
PLACE(alexnet_trainer_options, threads, 44);
PLACE(alexnet_trainer_options, precision, 48);
PLACE(alexnet_trainer_options, convention, 52);
PLACE(alexnet_trainer_options, momentum, 56);
PLACE(alexnet_trainer_options, weight_decay, 60);
PLACE(alexnet_trainer_options, bias_weight_decay, 64);
PLACE(alexnet_trainer_options, weight_rate, 68);
PLACE(alexnet_trainer_options, bias_rate, 72);
PLACE(alexnet_trainer_options, label_smoothing, 76);
SIZE(alexnet_trainer_options, 80);

/* Numbers that callers have compiled in. */
_Static_assert(ALEXNET_OK == 0 && ALEXNET_BAD_INPUT == 1 && ALEXNET_NOT_FOUND == 2 &&
                   ALEXNET_UNSUPPORTED == 3 && ALEXNET_IO == 4 && ALEXNET_INTERNAL == 5,
               "statuses");
_Static_assert(ALEXNET_INIT_HE == 0 && ALEXNET_INIT_PYTORCH == 1 &&
                   ALEXNET_INIT_KRIZHEVSKY2012 == 2,
               "initializers");
_Static_assert(ALEXNET_FIT_COVER == 0 && ALEXNET_FIT_STRETCH == 1, "fits");
_Static_assert(ALEXNET_NEAREST == 0 && ALEXNET_LANCZOS == 1 && ALEXNET_BILINEAR == 2 &&
                   ALEXNET_BICUBIC == 3 && ALEXNET_BOX == 4 && ALEXNET_HAMMING == 5,
               "interpolations");
_Static_assert(ALEXNET_FP32 == 0 && ALEXNET_FP16 == 1 && ALEXNET_INT8 == 2 && ALEXNET_BF16 == 3,
               "precisions");
_Static_assert(ALEXNET_LOG_PROBABILITIES == 0 && ALEXNET_LOGITS == 1 && ALEXNET_FEATURES == 2 &&
                   ALEXNET_ACTIVATIONS == 3,
               "outputs");
_Static_assert(ALEXNET_LPIPS_0_1 == 0 && ALEXNET_LPIPS_0_0 == 1, "versions of LPIPS");
_Static_assert(ALEXNET_EPSILON_LPIPS == 0 && ALEXNET_EPSILON_TORCHMETRICS == 1, "epsilons");
_Static_assert(ALEXNET_SGD_PYTORCH == 0 && ALEXNET_SGD_KRIZHEVSKY2012 == 1, "conventions");
_Static_assert(ALEXNET_PARAMETERS == 0 && ALEXNET_GRADIENTS == 1 && ALEXNET_MOMENTUM == 2,
               "sets of tensors");
