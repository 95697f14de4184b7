// What Swift cannot import from mpi.h, and nothing else.
//
// Swift reads functions, types and plain integer macros. It cannot read the macros that cast a
// global to a handle (MPI_COMM_WORLD, MPI_INT64_T, MPI_SUM, MPI_IN_PLACE, MPI_ERRORS_RETURN, ...).
// Handles also differ by library, pointers in Open MPI and integers in MPICH: a communicator
// travels in a struct and the rest as enumerations, so that no Swift line depends on the library.

#pragma once

// The C++ bindings of old releases would be pulled in by a C++ reader of this header.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <stddef.h>

// A communicator's handle, opaque to Swift.
typedef struct {
  MPI_Comm handle;
} cmpi_comm;

// MPI_COMM_WORLD is a cast macro.
static inline cmpi_comm cmpi_comm_world(void) {
  cmpi_comm world = {MPI_COMM_WORLD};
  return world;
}

// Datatypes are cast macros: the ones that cross ranks, by number.
enum cmpi_datatype { CMPI_BYTE, CMPI_INT64, CMPI_DOUBLE, CMPI_FLOAT };

static inline MPI_Datatype cmpi_handle_of_datatype(enum cmpi_datatype datatype) {
  switch (datatype) {
    case CMPI_BYTE: return MPI_BYTE;
    case CMPI_INT64: return MPI_INT64_T;
    case CMPI_DOUBLE: return MPI_DOUBLE;
    case CMPI_FLOAT: return MPI_FLOAT;
  }
  return MPI_DATATYPE_NULL;
}

// Operations are cast macros too.
enum cmpi_operation { CMPI_SUM, CMPI_MAX, CMPI_MIN };

static inline MPI_Op cmpi_handle_of_operation(enum cmpi_operation operation) {
  switch (operation) {
    case CMPI_SUM: return MPI_SUM;
    case CMPI_MAX: return MPI_MAX;
    case CMPI_MIN: return MPI_MIN;
  }
  return MPI_OP_NULL;
}

// Constants that are macros over other macros, with one spelling and one type (Int) in Swift.
enum {
  cmpi_max_error_string = MPI_MAX_ERROR_STRING,
  cmpi_max_library_version_string = MPI_MAX_LIBRARY_VERSION_STRING,
  cmpi_max_processor_name = MPI_MAX_PROCESSOR_NAME,
};

// Start and end. Only the thread that initialises calls MPI (FUNNELED); arguments are not passed,
// for Open MPI and MPICH read theirs from the environment. (MPI_Initialized, MPI_Finalized and
// MPI_Finalize need no shim.)
static inline int cmpi_init_funneled(int *provided) {
  return MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, provided);
}

static inline int cmpi_provides_funneled(int provided) { return provided >= MPI_THREAD_FUNNELED; }

static inline int cmpi_abort(cmpi_comm comm, int code) { return MPI_Abort(comm.handle, code); }

// MPI_ERRORS_RETURN is a cast macro. The default handler would end the job inside the library.
static inline int cmpi_return_errors(cmpi_comm comm) {
  return MPI_Comm_set_errhandler(comm.handle, MPI_ERRORS_RETURN);
}

// The calls below take a handle, hence a struct to unwrap.
static inline int cmpi_rank(cmpi_comm comm, int *rank) { return MPI_Comm_rank(comm.handle, rank); }

static inline int cmpi_size(cmpi_comm comm, int *size) { return MPI_Comm_size(comm.handle, size); }

// The ranks of one color, in the order of their numbers; with an error handler of its own.
static inline int cmpi_split(cmpi_comm comm, int color, int rank, cmpi_comm *part) {
  return MPI_Comm_split(comm.handle, color, rank, &part->handle);
}

static inline int cmpi_free(cmpi_comm *comm) { return MPI_Comm_free(&comm->handle); }

static inline int cmpi_barrier(cmpi_comm comm) { return MPI_Barrier(comm.handle); }

static inline int cmpi_broadcast(void *bytes, int count, int root, cmpi_comm comm) {
  return MPI_Bcast(bytes, count, MPI_BYTE, root, comm.handle);
}

// In place: MPI_IN_PLACE is a cast macro.
static inline int cmpi_allreduce(void *values, int count, enum cmpi_datatype datatype,
                                 enum cmpi_operation operation, cmpi_comm comm) {
  return MPI_Allreduce(MPI_IN_PLACE, values, count, cmpi_handle_of_datatype(datatype),
                       cmpi_handle_of_operation(operation), comm.handle);
}

// One 64-bit integer of each rank, in rank order.
static inline int cmpi_allgather_int64(long long value, long long *values, cmpi_comm comm) {
  return MPI_Allgather(&value, 1, MPI_LONG_LONG, values, 1, MPI_LONG_LONG, comm.handle);
}

// Bytes of each rank, `counts[r]` of them from rank r to `offsets[r]`.
static inline int cmpi_allgatherv(const void *bytes, int count, void *gathered, const int *counts,
                                  const int *offsets, cmpi_comm comm) {
  return MPI_Allgatherv(bytes, count, MPI_BYTE, gathered, counts, offsets, MPI_BYTE, comm.handle);
}

// Integers of each rank that other ranks change without its doing: a window, opened for the program's whole time.
typedef struct {
  MPI_Win handle;
  volatile long long *words;
} cmpi_window;

// `count` integers on this rank, all 0; collective. The others may use it after a collective that follows.
static inline int cmpi_window_open(int count, cmpi_comm comm, cmpi_window *window) {
  void *words = NULL;
  const size_t size = sizeof(long long);
  int status = MPI_Win_allocate((MPI_Aint)((size_t)count * size), (int)size, MPI_INFO_NULL,
                                comm.handle, &words, &window->handle);
  if (status != MPI_SUCCESS) return status;
  window->words = (volatile long long *)words;
  for (int index = 0; index < count; ++index) window->words[index] = 0;
  MPI_Win_set_errhandler(window->handle, MPI_ERRORS_RETURN);
  status = MPI_Win_lock_all(MPI_MODE_NOCHECK, window->handle);
  if (status != MPI_SUCCESS) return status;
  return MPI_Win_sync(window->handle);
}

// Adds to the first integer of a rank, and gives what it was before.
static inline int cmpi_window_add(long long addend, long long *before, int rank,
                                  cmpi_window window) {
  int status =
      MPI_Fetch_and_op(&addend, before, MPI_LONG_LONG, rank, 0, MPI_SUM, window.handle);
  return status != MPI_SUCCESS ? status : MPI_Win_flush(rank, window.handle);
}

// Sets an integer of a rank, some time later: does not wait for that rank.
static inline int cmpi_window_set(long long value, int rank, int place, cmpi_window window) {
  int status = MPI_Accumulate(&value, 1, MPI_LONG_LONG, rank, place, 1, MPI_LONG_LONG,
                              MPI_REPLACE, window.handle);
  return status != MPI_SUCCESS ? status : MPI_Win_flush_local(rank, window.handle);
}

// An integer of this rank, as it is now; from any thread.
static inline long long cmpi_window_get(int place, cmpi_window window) {
  return window.words[place];
}

// Collective.
static inline int cmpi_window_close(cmpi_window *window) {
  int status = MPI_Win_unlock_all(window->handle);
  return status != MPI_SUCCESS ? status : MPI_Win_free(&window->handle);
}
