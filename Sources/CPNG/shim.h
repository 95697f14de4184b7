// libpng's simple interface, whose errors come back as codes, and its macros as one type (Int) in Swift.

#pragma once

#include <png.h>

enum {
  cpng_version = PNG_IMAGE_VERSION,
  cpng_grey = PNG_FORMAT_GRAY,
  cpng_colours = PNG_FORMAT_RGB,
};

static inline int cpng_has_colours(const png_image *image) {
  return (image->format & PNG_FORMAT_FLAG_COLOR) != 0;
}
