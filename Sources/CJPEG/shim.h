// libjpeg for Swift: its errors jump over frames, which must all be C.

#pragma once

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <jpeglib.h>

enum { cjpeg_longest_message = JMSG_LENGTH_MAX };

typedef struct {
  int height;
  int width;
  int channels;
} cjpeg_size;

typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf place;
  char *message;
} cjpeg_failure;

static inline void cjpeg_fail(j_common_ptr image) {
  cjpeg_failure *failure = (cjpeg_failure *)image->err;
  image->err->format_message(image, failure->message);
  longjmp(failure->place, 1);
}

// What is damaged makes warnings, and grey pixels: here it is an error. Others are notes.
static inline void cjpeg_note(j_common_ptr image, int level) {
  if (level < 0) cjpeg_fail(image);
}

// A picture's size, from its header, and, where there is a target, its pixels, row by row: as many as `size` says, which
// must be what the header says; 1 channel is grey, 3 are red, green and blue. 0 where that fails, with a message of at most
// cjpeg_longest_message bytes.
static inline int cjpeg_read(
    const unsigned char *bytes, size_t count, cjpeg_size *size, unsigned char *target, char *message) {
  struct jpeg_decompress_struct image;
  cjpeg_failure failure;
  image.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = cjpeg_fail;
  failure.manager.emit_message = cjpeg_note;
  failure.message = message;
  message[0] = 0;
  jpeg_create_decompress(&image);
  if (setjmp(failure.place)) {
    jpeg_destroy_decompress(&image);
    return 0;
  }
  jpeg_mem_src(&image, bytes, (unsigned long)count);
  jpeg_read_header(&image, TRUE);
  if (target == NULL) {
    size->height = (int)image.image_height;
    size->width = (int)image.image_width;
    size->channels = image.num_components == 1 ? 1 : 3;
  } else {
    image.out_color_space = size->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&image);
    if ((int)image.output_height != size->height || (int)image.output_width != size->width ||
        image.output_components != size->channels) {
      jpeg_destroy_decompress(&image);
      return 0;
    }
    while (image.output_scanline < image.output_height) {
      JSAMPROW row = target + (size_t)image.output_scanline * size->width * size->channels;
      jpeg_read_scanlines(&image, &row, 1);
    }
    jpeg_finish_decompress(&image);
  }
  jpeg_destroy_decompress(&image);
  return 1;
}
