/**
 * @file
 * The C interface of alexnet: C11, also for C++ and for foreign function interfaces. Link
 * libalexnet.so (-lalexnet); docs/c.md has examples.
 *
 * Errors. Every function that can fail returns a status: ALEXNET_OK, or what kind of error it was;
 * alexnet_last_error() then has the sentence: what is wrong, where, what to do. A call that failed
 * has changed nothing, but where its comment says otherwise, and handles that it should have
 * created are NULL. Besides what a comment says, every call fails with ALEXNET_BAD_INPUT where an
 * argument is NULL that must not be, and with ALEXNET_UNSUPPORTED where memory is short. A handle
 * of another kind or one that was freed cannot be told from a good one: using it is undefined. The
 * library does not print. It ends the process only where a model finds not even some bytes of
 * memory, or where the reference engine is to have more threads than the system gives.
 *
 * Threads. A model never changes: any number of threads may use it at the same time. A session and
 * a trainer belong to one thread at a time; other threads may have others, of the same model. Each
 * computes with threads of its own (`threads`).
 *
 * Memory. What a function creates is freed with the function of its kind, in any order: a session
 * or trainer keeps what it needs of its model. Strings and arrays that functions give belong to the
 * handle and are valid until it is freed, but for tensors of sessions and trainers (see there).
 * What is passed in is read during the call and not kept.
 *
 * Strings end in a zero byte. Paths are as the system has them; JSON and class names are UTF-8.
 *
 * Structs that begin with `struct_size` grow with later versions, at their end. Fill them with
 * their function ..._init, or set struct_size to sizeof and every other field. Fields beyond
 * struct_size, which older callers do not know, have their defaults. Of a newer caller's fields
 * that the library does not know every byte must be 0, else the call fails with
 * ALEXNET_UNSUPPORTED. The other structs do not change.
 */
#ifndef ALEXNET_C_H
#define ALEXNET_C_H

#include <stddef.h>
#include <stdint.h>

/** The version of this interface. The major one is that of libalexnet.so.1, and rises when programs
 * must be compiled anew; the minor one rises with every function or field that is added. */
#define ALEXNET_C_VERSION_MAJOR 1
#define ALEXNET_C_VERSION_MINOR 1
#define ALEXNET_C_VERSION (1000 * ALEXNET_C_VERSION_MAJOR + ALEXNET_C_VERSION_MINOR)

#ifdef __GNUC__
#define ALEXNET_API __attribute__((visibility("default")))
#else
#define ALEXNET_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** ALEXNET_C_VERSION of the library that is running, which may be newer than this header. */
ALEXNET_API int32_t alexnet_c_version(void);
/** The version of the library itself, "1.0.0". */
ALEXNET_API const char* alexnet_version(void);

/* ---- Errors ---------------------------------------------------------------------------------- */

/** Whose fault it is: alexnet::ErrorKind. */
typedef int32_t alexnet_status;
enum {
  ALEXNET_OK = 0,
  ALEXNET_BAD_INPUT = 1,   /**< a value, file or image is wrong */
  ALEXNET_NOT_FOUND = 2,   /**< what is named does not exist */
  ALEXNET_UNSUPPORTED = 3, /**< it is right, but this version or machine cannot do it */
  ALEXNET_IO = 4,          /**< reading or writing failed: permissions, a full disk */
  ALEXNET_INTERNAL = 5     /**< a fault of the library */
};

/** The sentence about the calling thread's last call that failed, "" before there was one. Valid
 * until another call of this thread fails, or the thread ends. */
ALEXNET_API const char* alexnet_last_error(void);
/** "ok", "bad_input", …; "unknown" for what is no status. */
ALEXNET_API const char* alexnet_status_name(alexnet_status status);

/* ---- Values ---------------------------------------------------------------------------------- */

/** Float32 values in rows, the last extent first: somebody else's memory. */
typedef struct alexnet_tensor {
  const float* values;
  int64_t shape[4]; /**< the first `rank` count */
  int32_t rank;     /**< 1 … 4 */
} alexnet_tensor;

/** A batch of images that the caller owns. Exactly one of `floats` and `bytes` is set. */
typedef struct alexnet_images {
  size_t struct_size;
  const float* floats;  /**< (count, channels, height, width), normalised already */
  const uint8_t* bytes; /**< (count, height, width, channels), 0 … 255, red first */
  int32_t count;
  int32_t channels;
  int32_t height;
  int32_t width;
} alexnet_images;
/** All zero. `size` is sizeof(alexnet_images), as in all functions of this kind. */
ALEXNET_API alexnet_status alexnet_images_init(alexnet_images* images, size_t size);

/* ---- Models ---------------------------------------------------------------------------------- */

/** A network with its weights, class names and preprocessing. Never changes; shared by threads. */
typedef struct alexnet_model alexnet_model;

/** What a file leaves open. NULL and 0: as the file says. */
typedef struct alexnet_load_options {
  size_t struct_size;
  const char* network;        /**< "alexnet", "alexnet-2012", "bvlc-alexnet" or "caffenet" */
  const char* const* classes; /**< names, in label order */
  size_t class_count;         /**< how many `classes` are */
  const char* preprocess; /**< "torchvision", "caffe", "unit" (0 … 1) or "bytes" (0 … 255) */
  const char* state;      /**< which of a file's state dicts, by its key */
  const char* output;     /**< which of an ONNX file's outputs */
  const char* prototxt;   /**< path; of a .caffemodel */
  const char* mean_image; /**< path; Caffe's, .binaryproto */
  int32_t image_height;
  int32_t image_width;
} alexnet_load_options;
ALEXNET_API alexnet_status alexnet_load_options_init(alexnet_load_options* options, size_t size);

/** Reads weights: safetensors, PyTorch's .pth, ONNX or Caffe's .caffemodel, told apart by content,
 * or a run folder or one from Hugging Face. A file that is mapped must not be overwritten in place
 * while the model, or a session of it, is there. `options` may be NULL.
 * Errors: ALEXNET_NOT_FOUND where there is no such file, ALEXNET_IO where it cannot be read,
 * ALEXNET_BAD_INPUT where it is damaged or does not fit, ALEXNET_UNSUPPORTED where it is of no
 * known format. */
ALEXNET_API alexnet_status alexnet_model_load(const char* path, const alexnet_load_options* options,
                                              alexnet_model** model);
/** The same of a file's bytes, which are copied. `name` is what errors call it; its extension says
 * the format where the bytes do not (.onnx, .caffemodel). Nothing is looked for beside it: a
 * .caffemodel needs `options->prototxt`, and external data of ONNX are not found. */
ALEXNET_API alexnet_status alexnet_model_load_memory(const void* bytes, size_t size,
                                                     const char* name,
                                                     const alexnet_load_options* options,
                                                     alexnet_model** model);

/** How weights begin. */
enum {
  ALEXNET_INIT_HE = 0,            /**< He et al. 2015 */
  ALEXNET_INIT_PYTORCH = 1,       /**< torch.nn's default */
  ALEXNET_INIT_KRIZHEVSKY2012 = 2 /**< that paper's */
};

/** A new network. Defaults: 3 channels, 1000 classes, the network's own size, dropout 0.5, He. */
typedef struct alexnet_network_options {
  size_t struct_size;
  uint64_t seed;                  /**< keys the initial weights */
  const char* const* class_names; /**< `classes` of them; NULL: "class 0", "class 1", … */
  int32_t channels;               /**< 1 or 3 for images */
  int32_t classes;
  int32_t image_height; /**< 0: the network's own, 224 or (Caffe's) 227 */
  int32_t image_width;
  int32_t initializer; /**< ALEXNET_INIT_… */
  float dropout;       /**< 0 … 1, in training */
} alexnet_network_options;
ALEXNET_API alexnet_status alexnet_network_options_init(alexnet_network_options* options,
                                                        size_t size);

/** A network by its name ("alexnet", "alexnet-2012", "bvlc-alexnet", "caffenet") with new weights;
 * the same seed gives the same bits. Images are scaled to its size and to 0 … 1. `options` may be
 * NULL. Errors: ALEXNET_NOT_FOUND where there is no such network, ALEXNET_BAD_INPUT where it cannot
 * have these sizes. */
ALEXNET_API alexnet_status alexnet_model_create(const char* network,
                                                const alexnet_network_options* options,
                                                alexnet_model** model);

/** A copy of a model in which the parameters of these names have other values; the rest is the
 * same. Errors: ALEXNET_NOT_FOUND where there is no such parameter, ALEXNET_BAD_INPUT where a shape
 * is not the parameter's or a value is not finite. */
ALEXNET_API alexnet_status alexnet_model_with_tensors(const alexnet_model* model,
                                                      const char* const* names,
                                                      const alexnet_tensor* tensors, size_t count,
                                                      alexnet_model** changed);

/** Writes the format of the path's extension: .safetensors (all that a model has), .pth and .pt
 * (the tensors alone) or .onnx. The file is complete or as it was. Errors: ALEXNET_UNSUPPORTED on
 * another extension, ALEXNET_IO, ALEXNET_NOT_FOUND where there is no such folder. */
ALEXNET_API alexnet_status alexnet_model_save(const alexnet_model* model, const char* path);

/** NULL is allowed. */
ALEXNET_API void alexnet_model_free(alexnet_model* model);

/** The network's name, "alexnet", …, or what a file calls it. */
ALEXNET_API alexnet_status alexnet_model_network(const alexnet_model* model, const char** network);
/** What the network takes. */
ALEXNET_API alexnet_status alexnet_model_input(const alexnet_model* model, int32_t* channels,
                                               int32_t* height, int32_t* width);
ALEXNET_API alexnet_status alexnet_model_class_count(const alexnet_model* model, int32_t* count);
/** The name of a label, from 0. Error: ALEXNET_NOT_FOUND. */
ALEXNET_API alexnet_status alexnet_model_class_name(const alexnet_model* model, int32_t label,
                                                    const char** name);
/** How many numbers the parameters are: 61,100,840 for alexnet with 3 channels and 1000 classes. */
ALEXNET_API alexnet_status alexnet_model_parameter_count(const alexnet_model* model,
                                                         int64_t* count);
/** How many tensors they are: 16. */
ALEXNET_API alexnet_status alexnet_model_tensor_count(const alexnet_model* model, int32_t* count);
/** The name of a parameter, from 0, in the order of the layers: torchvision's, "features.0.weight",
 * …. Error: ALEXNET_NOT_FOUND. */
ALEXNET_API alexnet_status alexnet_model_tensor_name(const alexnet_model* model, int32_t index,
                                                     const char** name);
/** The values of a parameter; they belong to the model. Error: ALEXNET_NOT_FOUND. */
ALEXNET_API alexnet_status alexnet_model_tensor(const alexnet_model* model, const char* name,
                                                alexnet_tensor* tensor);

enum {
  ALEXNET_FIT_COVER = 0,  /**< the aspect ratio is kept, and the image just covers the size */
  ALEXNET_FIT_STRETCH = 1 /**< exactly the size */
};
/** Pillow's filters, by its numbers. */
enum {
  ALEXNET_NEAREST = 0,
  ALEXNET_LANCZOS = 1,
  ALEXNET_BILINEAR = 2,
  ALEXNET_BICUBIC = 3,
  ALEXNET_BOX = 4,
  ALEXNET_HAMMING = 5
};

/** How images of any size become the input: resized, the middle cut out, and then
 * x = (byte / 255 − mean) / deviation. */
typedef struct alexnet_preprocess {
  size_t struct_size;
  const float* mean;       /**< (channels,); NULL: 0 */
  const float* deviation;  /**< (channels,); NULL: 1 */
  const float* mean_image; /**< (mean_image_height, mean_image_width, channels), in place of `mean`:
                              of the middle of resized images; NULL: none */
  int32_t mean_image_height;
  int32_t mean_image_width;
  int32_t resize_height;
  int32_t resize_width;
  int32_t crop_height;
  int32_t crop_width;
  int32_t channels;
  int32_t fit;           /**< ALEXNET_FIT_… */
  int32_t interpolation; /**< ALEXNET_NEAREST … ALEXNET_HAMMING */
} alexnet_preprocess;
/** Fills the struct as far as struct_size says, which the caller has set to sizeof. */
ALEXNET_API alexnet_status alexnet_model_preprocess(const alexnet_model* model,
                                                    alexnet_preprocess* preprocess);

/** All of this as a JSON object: "model" (the network's name), "input" [channels, height, width],
 * "classes", "class_names", "parameters", "multiply_adds", "layers" (an object a layer: "name",
 * "layer", "settings", "output", "parameters", "multiply_adds"), "tensors" (of "name" and "shape"),
 * "preprocess", "normalization", "provenance" (where it comes from; what was assumed). */
ALEXNET_API alexnet_status alexnet_model_json(const alexnet_model* model, const char** json);

/* ---- Sessions: a network at work ------------------------------------------------------------- */

/** A network compiled for a batch size, a number of threads and a precision, with the outputs of
 * its last run. For one thread at a time. */
typedef struct alexnet_session alexnet_session;

/** How weights are stored; what flows between layers stays float32. */
enum {
  ALEXNET_FP32 = 0,
  ALEXNET_FP16 = 1, /**< IEEE halves; layers whose weights are beyond these stay fp32 */
  ALEXNET_INT8 = 2, /**< bytes with a scale for each output */
  ALEXNET_BF16 = 3  /**< rounded to 8 significant bits, with float32's range */
};

/** Defaults: the engine "cpu", one image at a time, all processors, fp32. */
typedef struct alexnet_session_options {
  size_t struct_size;
  const char* engine; /**< "cpu" or "reference" (slow, in double precision); NULL: "cpu" */
  const char* layer;  /**< whose activations are kept for ALEXNET_ACTIVATIONS, by torchvision's name
                         or the paper's ("fc7"), fp32 only; NULL: none */
  int32_t max_batch;  /**< a session takes 1 … this many images at a time */
  int32_t threads;    /**< 0: all processors */
  int32_t precision;  /**< ALEXNET_FP32, …; the reference engine has fp32 only */
  int32_t reserved;   /**< 0 */
} alexnet_session_options;
ALEXNET_API alexnet_status alexnet_session_options_init(alexnet_session_options* options,
                                                        size_t size);

/** Compiles a model, so that every run is quick. `options` may be NULL. Errors: ALEXNET_NOT_FOUND
 * where there is no such engine or layer, ALEXNET_BAD_INPUT where the options are not possible,
 * ALEXNET_UNSUPPORTED where the engine lacks the precision. */
ALEXNET_API alexnet_status alexnet_session_create(const alexnet_model* model,
                                                  const alexnet_session_options* options,
                                                  alexnet_session** session);
/** NULL is allowed. */
ALEXNET_API void alexnet_session_free(alexnet_session* session);

/* These four take images through the network. Outputs that the session gave before are no longer
 * valid; when the call fails there are none. Errors: ALEXNET_BAD_INPUT where there are no images or
 * more than max_batch, or their shape is not what the call takes. */

/** Images as the network takes them, of its channels, height and width: bytes, which are normalised
 * as the model says, or floats, taken as they are. */
ALEXNET_API alexnet_status alexnet_session_run(alexnet_session* session,
                                               const alexnet_images* images);
/** Bytes of any height and width and 1 or 3 channels, such as a camera or another decoder gives:
 * made grey or RGB, resized, cropped and normalised as the model says. */
ALEXNET_API alexnet_status alexnet_session_run_pixels(alexnet_session* session,
                                                      const alexnet_images* images);
/** Encoded images, each JPEG, PNG, WebP, TIFF, GIF or BMP: the bytes of `count` files and their
 * sizes. Decoded upright, then as alexnet_session_run_pixels. Errors also: ALEXNET_BAD_INPUT where
 * one, by its number from 0, is damaged or of no known kind. */
ALEXNET_API alexnet_status alexnet_session_run_encoded(alexnet_session* session,
                                                       const void* const* files,
                                                       const size_t* sizes, int32_t count);
/** The same of `count` files by their paths. Errors also: ALEXNET_NOT_FOUND, ALEXNET_IO. */
ALEXNET_API alexnet_status alexnet_session_run_files(alexnet_session* session,
                                                     const char* const* paths, int32_t count);

/** What a run gave. */
enum {
  ALEXNET_LOG_PROBABILITIES = 0, /**< (count, classes) */
  ALEXNET_LOGITS = 1,            /**< (count, classes): what the log-softmax is taken of */
  ALEXNET_FEATURES = 2,   /**< (count, c, h, w): what the classifier sees before it is flattened */
  ALEXNET_ACTIVATIONS = 3 /**< (count, c, h, w) or (count, features): of the options' layer, after
                             the ReLU where one follows it */
};
/** Outputs of the last run, valid until the next one. Errors: ALEXNET_BAD_INPUT where nothing was
 * run, or there is no such output; ALEXNET_NOT_FOUND for the activations of a session without a
 * layer. */
ALEXNET_API alexnet_status alexnet_session_output(alexnet_session* session, int32_t output,
                                                  alexnet_tensor* tensor);

typedef struct alexnet_prediction {
  const char* label;  /**< the class's name, valid until the session is freed */
  double probability; /**< 0 … 1 */
  int32_t index;      /**< the class's label, from 0 */
} alexnet_prediction;
/** The most probable classes of image `image` (from 0) of the last run, best first: at most `top`,
 * for which `predictions` has room, and no more than there are classes; `count` gets how many.
 * Errors: ALEXNET_BAD_INPUT where nothing was run, there is no such image, `top` is less than 1, or
 * the output is not finite. */
ALEXNET_API alexnet_status alexnet_session_predictions(alexnet_session* session, int32_t image,
                                                       int32_t top, alexnet_prediction* predictions,
                                                       int32_t* count);

/* ---- Training -------------------------------------------------------------------------------- */

/** A network compiled for training, which owns its parameters and their momentum. For one thread at
 * a time. */
typedef struct alexnet_trainer alexnet_trainer;

/** How the update reads weight decay d and the learning rate lr. */
enum {
  ALEXNET_SGD_PYTORCH = 0,       /**< v = m v + (g + d w); w = w − lr v */
  ALEXNET_SGD_KRIZHEVSKY2012 = 1 /**< v = m v − d lr w − lr g; w = w + v */
};

/** How fast the parameters whose names begin with `prefix` learn. */
typedef struct alexnet_layer_rate {
  const char* prefix; /**< "features.", "classifier.6.", "" for all */
  float multiplier;   /**< of the learning rate; 0: they stay as they are */
} alexnet_layer_rate;

/** Defaults: the engine "cpu", all processors, 64 images a step, PyTorch's SGD with momentum 0.9,
 * weight decay 5e-4, no label smoothing. */
typedef struct alexnet_trainer_options {
  size_t struct_size;
  const char* engine;                    /**< "cpu" or "reference"; NULL: "cpu" */
  const alexnet_layer_rate* layer_rates; /**< the first that fits a parameter counts; NULL: all 1 */
  size_t layer_rate_count;               /**< how many `layer_rates` are */
  uint64_t seed;                         /**< keys the dropout masks */
  int32_t max_batch;                     /**< a step takes 1 … this many images */
  int32_t threads;                       /**< 0: all processors */
  int32_t precision;                     /**< ALEXNET_FP32, or ALEXNET_BF16 for the products */
  int32_t convention;                    /**< ALEXNET_SGD_… */
  float momentum;
  float weight_decay;      /**< of weights */
  float bias_weight_decay; /**< of biases */
  float weight_rate;       /**< of the learning rate for weights */
  float bias_rate;         /**< of the learning rate for biases; 2 in 2012 */
  float label_smoothing;   /**< share of the target spread evenly over all classes */
} alexnet_trainer_options;
ALEXNET_API alexnet_status alexnet_trainer_options_init(alexnet_trainer_options* options,
                                                        size_t size);

/** Begins with a copy of the model's parameters and without momentum. `options` may be NULL.
 * Errors: as alexnet_session_create. */
ALEXNET_API alexnet_status alexnet_trainer_create(const alexnet_model* model,
                                                  const alexnet_trainer_options* options,
                                                  alexnet_trainer** trainer);
/** NULL is allowed. */
ALEXNET_API void alexnet_trainer_free(alexnet_trainer* trainer);

/** Forward and backward with dropout, whose masks `step` keys with the seed: count the steps.
 * `images` as alexnet_session_run takes them, `labels` one an image, 0 … classes − 1. `loss` gets
 * the mean cross-entropy, whose gradient it is, and `correct` the number of images whose largest
 * logit is their label's; either may be NULL. Errors: ALEXNET_BAD_INPUT where the images or labels
 * do not fit. */
ALEXNET_API alexnet_status alexnet_trainer_compute_gradients(alexnet_trainer* trainer,
                                                             const alexnet_images* images,
                                                             const int32_t* labels, uint32_t step,
                                                             double* loss, int32_t* correct);
/** A step of SGD with the gradients last computed, or as set since. Error: ALEXNET_BAD_INPUT where
 * the learning rate is not finite. */
ALEXNET_API alexnet_status alexnet_trainer_update(alexnet_trainer* trainer, float learning_rate);

/** A trainer's three sets of tensors, of the same names and shapes. */
enum { ALEXNET_PARAMETERS = 0, ALEXNET_GRADIENTS = 1, ALEXNET_MOMENTUM = 2 };
/** A tensor by its name, valid until the trainer's next compute_gradients, update or set_tensor.
 * Errors: ALEXNET_NOT_FOUND where there is no such tensor, ALEXNET_BAD_INPUT where there is no such
 * set. */
ALEXNET_API alexnet_status alexnet_trainer_tensor(alexnet_trainer* trainer, int32_t set,
                                                  const char* name, alexnet_tensor* tensor);
/** Copies values into a tensor. Gradients are set between compute_gradients and update. Errors: as
 * alexnet_trainer_tensor, and ALEXNET_BAD_INPUT where the shape is another or a value not finite.
 */
ALEXNET_API alexnet_status alexnet_trainer_set_tensor(alexnet_trainer* trainer, int32_t set,
                                                      const char* name,
                                                      const alexnet_tensor* tensor);
/** A copy of the network as it is now, to be saved or used in sessions. Error: ALEXNET_BAD_INPUT
 * where training has diverged, so that a parameter is not finite. */
ALEXNET_API alexnet_status alexnet_trainer_model(alexnet_trainer* trainer, alexnet_model** model);

/* ---- LPIPS: how different two images look ---------------------------------------------------- */

/** The metric LPIPS (Zhang et al. 2018) by the convolutions of torchvision's AlexNet. For one
 * thread at a time. docs/lpips.md says which number is which. */
typedef struct alexnet_lpips alexnet_lpips;

/** Which linear weights. Numbers of different versions do not compare. */
enum { ALEXNET_LPIPS_0_1 = 0, ALEXNET_LPIPS_0_0 = 1 };
/** Whose numbers: they keep from dividing by zero in different ways. */
enum { ALEXNET_EPSILON_LPIPS = 0, ALEXNET_EPSILON_TORCHMETRICS = 1 };

/** Defaults: the engine "cpu", version 0.1, the package lpips' epsilon, all processors. */
typedef struct alexnet_lpips_options {
  size_t struct_size;
  const char* engine; /**< "cpu" or "reference"; NULL: "cpu" */
  int32_t version;    /**< ALEXNET_LPIPS_… */
  int32_t epsilon;    /**< ALEXNET_EPSILON_… */
  int32_t threads;    /**< 0: all processors */
  int32_t reserved;   /**< 0 */
} alexnet_lpips_options;
ALEXNET_API alexnet_status alexnet_lpips_options_init(alexnet_lpips_options* options, size_t size);

/** Reads the convolutions: weights of torchvision's AlexNet in any format that alexnet_model_load
 * takes, or a file of the convolutions alone (`alexnet convert --trunk`). `options` may be NULL.
 * Errors: as alexnet_model_load, and ALEXNET_BAD_INPUT where it is another network. */
ALEXNET_API alexnet_status alexnet_lpips_load(const char* path,
                                              const alexnet_lpips_options* options,
                                              alexnet_lpips** lpips);
/** NULL is allowed. */
ALEXNET_API void alexnet_lpips_free(alexnet_lpips* lpips);

/* Pairs of images: as many references as images, all of one size of at least 31 x 31, with 3
 * channels, both as bytes or both as floats, which are 0 … 1 here and not normalised. Errors of
 * these calls: ALEXNET_BAD_INPUT where they are not so, where floats are NaN or far outside of
 * 0 … 1, and where the weights are so far out of range that the distance is not finite. */

/** The distance of each pair: 0 for equal images. `distances` has room for one a pair. */
ALEXNET_API alexnet_status alexnet_lpips_distances(alexnet_lpips* lpips,
                                                   const alexnet_images* references,
                                                   const alexnet_images* images, double* distances);
/** Where the images of one pair of bytes differ, (height, width): each layer's differences at every
 * pixel. Valid until the next call with `lpips`. `distance` may be NULL. */
ALEXNET_API alexnet_status alexnet_lpips_map(alexnet_lpips* lpips, const alexnet_images* reference,
                                             const alexnet_images* image, alexnet_tensor* map,
                                             double* distance);
/** The gradient of the sum of the distances by `images`, (count, 3, height, width), both as floats:
 * for perceptual losses. Zero where the images of a pair are equal. Valid until the next call with
 * `lpips`. `distances` has room for one a pair, or is NULL. */
ALEXNET_API alexnet_status alexnet_lpips_gradient(alexnet_lpips* lpips,
                                                  const alexnet_images* references,
                                                  const alexnet_images* images,
                                                  alexnet_tensor* gradient, double* distances);

#ifdef __cplusplus
}
#endif

#endif /* ALEXNET_C_H */
