/* A stand-in for libcuda.so.1: device memory, modules and launches are callbacks into Python; all else is absent. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int R;
typedef uint64_t P;

enum { ALLOC, RELEASE, TO_DEVICE, TO_HOST, LOAD, FUNCTION, LAUNCH };

struct launch { P function, grid, block, arguments, size; };

struct device {
  int64_t init, count, major, minor, processors, memory, free, version, registers, blocks;
  P (*call)(int64_t what, P a, P b, P c, P *result);
} nnc_fake = {100};

static __thread P current;

#define CALL(what, a, b, c, result) ((R)nnc_fake.call(what, (P)(a), (P)(b), (P)(c), result))
#define UP(name) __attribute__((visibility("default"))) R name

UP(cuInit)(unsigned flags) { return (R)nnc_fake.init; }
UP(cuDriverGetVersion)(int *v) { *v = (int)nnc_fake.version; return 0; }
UP(cuDeviceGetCount)(int *n) { *n = (int)nnc_fake.count; return 0; }
UP(cuDeviceGet)(int *d, int n) { *d = n; return n < nnc_fake.count ? 0 : 101; }
UP(cuDeviceGetName)(char *s, int n, int d) { snprintf(s, n, "a device that is none"); return 0; }
UP(cuDeviceTotalMem_v2)(size_t *n, int d) { *n = nnc_fake.memory; return 0; }
UP(cuDeviceComputeCapability)(int *a, int *b, int d) { *a = nnc_fake.major; *b = nnc_fake.minor; return 0; }
UP(cuDeviceGetAttribute)(int *v, int kind, int d) {
  switch (kind) {
    case 75: *v = nnc_fake.major; return 0;
    case 76: *v = nnc_fake.minor; return 0;
    case 16: *v = nnc_fake.processors; return 0;
    case 39: *v = 256 * nnc_fake.blocks; return 0;
    case 82: *v = 65536; return 0;
    case 81: *v = 65536; return 0;
    case 41: *v = 1; return 0;
  }
  *v = 0;
  return 0;
}
UP(cuDevicePrimaryCtxRetain)(P *c, int d) { *c = 0x1000 + d; return 0; }
UP(cuDevicePrimaryCtxRelease)(int d) { return 0; }
UP(cuDevicePrimaryCtxRelease_v2)(int d) { return 0; }
UP(cuCtxSetCurrent)(P c) { current = c; return 0; }
UP(cuCtxGetCurrent)(P *c) { *c = current; return 0; }
UP(cuCtxPushCurrent_v2)(P c) { current = c; return 0; }
UP(cuCtxPopCurrent_v2)(P *c) { *c = current; current = 0; return 0; }
UP(cuCtxGetDevice)(int *d) { *d = current ? (int)(current - 0x1000) : 0; return current ? 0 : 201; }
UP(cuCtxGetApiVersion)(P c, unsigned *v) { *v = 13000; return 0; }
UP(cuFuncSetBlockShape)(P f, int x, int y, int z) { return 0; }
UP(cuCtxDetach)(P c) { return 0; }
UP(cuCtxSynchronize)(void) { return 0; }
UP(cuMemGetInfo_v2)(size_t *f, size_t *n) { *f = nnc_fake.free; *n = nnc_fake.memory; return current ? 0 : 201; }
UP(cuMemAlloc_v2)(P *a, size_t n) { return current ? CALL(ALLOC, n, 0, 0, a) : 201; }
UP(cuMemFree_v2)(P a) { P r; return CALL(RELEASE, a, 0, 0, &r); }
UP(cuMemcpyHtoD_v2)(P to, const void *from, size_t n) { P r; return CALL(TO_DEVICE, to, from, n, &r); }
UP(cuMemcpyDtoH_v2)(void *to, P from, size_t n) { P r; return CALL(TO_HOST, to, from, n, &r); }
UP(cuModuleLoadData)(P *m, const void *text) { return CALL(LOAD, text, strlen(text), 0, m); }
UP(cuModuleLoadDataEx)(P *m, const void *t, unsigned n, int *o, void **v) { return cuModuleLoadData(m, t); }
UP(cuModuleUnload)(P m) { return 0; }
UP(cuModuleGetFunction)(P *f, P m, const char *name) { return CALL(FUNCTION, m, name, strlen(name), f); }
UP(cuFuncGetAttribute)(int *v, int kind, P f) { *v = kind == 4 ? (int)nnc_fake.registers : 0; return 0; }
UP(cuOccupancyMaxActiveBlocksPerMultiprocessor)(int *n, P f, int t, size_t s) { *n = nnc_fake.blocks; return 0; }
UP(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags)(int *n, P f, int t, size_t s, unsigned g) {
  *n = nnc_fake.blocks;
  return 0;
}
UP(cuLaunchKernel)(P f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   P stream, void **params, void **extra) {
  unsigned char packed[24];
  struct launch l = {f, gx, bx, 0, 0};
  P r;
  if (gy * gz * by * bz != 1 || shared) return 801;
  if (params) {
    for (int i = 0; i < 3; i++) memcpy(packed + 8 * i, params[i], 8);
    l.arguments = (P)packed, l.size = sizeof packed;
  }
  for (int i = 0; extra && extra[i]; i += 2) {
    if (extra[i] == (void *)1) l.arguments = (P)extra[i + 1];
    if (extra[i] == (void *)2) l.size = *(size_t *)extra[i + 1];
  }
  return CALL(LAUNCH, &l, 0, 0, &r);
}

static const struct { R code; const char *name, *text; } ERRORS[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
};
UP(cuGetErrorString)(R e, const char **s) {
  for (unsigned i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (ERRORS[i].code == e) { *s = ERRORS[i].text; return 0; }
  *s = NULL;
  return 1;
}
UP(cuGetErrorName)(R e, const char **s) {
  for (unsigned i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
    if (ERRORS[i].code == e) { *s = ERRORS[i].name; return 0; }
  *s = NULL;
  return 1;
}

UP(cuGetProcAddress_v2)(const char *name, void **f, int version, uint64_t flags, int *status) {
  char versioned[128];
  snprintf(versioned, sizeof versioned, "%s_v2", name);
  *f = dlsym(RTLD_DEFAULT, versioned);
  if (!*f) *f = dlsym(RTLD_DEFAULT, name);
  if (status) *status = *f ? 0 : 1;
  return *f ? 0 : 500;
}

/* What pycuda is linked against besides. */
#define NONE(name) UP(name)(void) { return 801; }
NONE(cuArray3DCreate_v2) NONE(cuArray3DGetDescriptor_v2) NONE(cuArrayCreate_v2) NONE(cuArrayDestroy)
NONE(cuArrayGetDescriptor_v2) NONE(cuCtxAttach) NONE(cuCtxCreate_v4) NONE(cuCtxDisablePeerAccess)
NONE(cuCtxEnablePeerAccess) NONE(cuCtxGetCacheConfig) NONE(cuCtxGetLimit) NONE(cuCtxGetSharedMemConfig)
NONE(cuCtxSetCacheConfig) NONE(cuCtxSetLimit) NONE(cuCtxSetSharedMemConfig) NONE(cuDeviceCanAccessPeer)
NONE(cuDeviceGetByPCIBusId) NONE(cuDeviceGetPCIBusId) NONE(cuEventCreate) NONE(cuEventDestroy_v2)
NONE(cuEventElapsedTime_v2) NONE(cuEventQuery) NONE(cuEventRecord) NONE(cuEventSynchronize) NONE(cuFuncSetAttribute)
 NONE(cuFuncSetCacheConfig) NONE(cuFuncSetSharedSize) NONE(cuIpcCloseMemHandle)
NONE(cuIpcGetEventHandle) NONE(cuIpcGetMemHandle) NONE(cuIpcOpenEventHandle) NONE(cuIpcOpenMemHandle_v2)
NONE(cuLaunch) NONE(cuLaunchGrid) NONE(cuLaunchGridAsync) NONE(cuLinkAddData_v2) NONE(cuLinkAddFile_v2)
NONE(cuLinkComplete) NONE(cuLinkCreate_v2) NONE(cuLinkDestroy) NONE(cuMemAllocManaged) NONE(cuMemAllocPitch_v2)
NONE(cuMemFreeHost) NONE(cuMemGetAddressRange_v2) NONE(cuMemHostAlloc) NONE(cuMemHostGetDevicePointer_v2)
NONE(cuMemHostGetFlags) NONE(cuMemHostRegister_v2) NONE(cuMemHostUnregister) NONE(cuMemcpy2DAsync_v2)
NONE(cuMemcpy2DUnaligned_v2) NONE(cuMemcpy2D_v2) NONE(cuMemcpy3DAsync_v2) NONE(cuMemcpy3DPeer)
NONE(cuMemcpy3DPeerAsync) NONE(cuMemcpy3D_v2) NONE(cuMemcpyAtoA_v2) NONE(cuMemcpyAtoD_v2) NONE(cuMemcpyAtoH_v2)
NONE(cuMemcpyDtoA_v2) NONE(cuMemcpyDtoDAsync_v2) NONE(cuMemcpyDtoD_v2) NONE(cuMemcpyDtoHAsync_v2)
NONE(cuMemcpyHtoA_v2) NONE(cuMemcpyHtoDAsync_v2) NONE(cuMemcpyPeer) NONE(cuMemcpyPeerAsync) NONE(cuMemsetD16Async)
NONE(cuMemsetD16_v2) NONE(cuMemsetD2D16Async) NONE(cuMemsetD2D16_v2) NONE(cuMemsetD2D32Async) NONE(cuMemsetD2D32_v2)
NONE(cuMemsetD2D8Async) NONE(cuMemsetD2D8_v2) NONE(cuMemsetD32Async) NONE(cuMemsetD32_v2) NONE(cuMemsetD8Async)
NONE(cuMemsetD8_v2) NONE(cuModuleGetGlobal_v2) NONE(cuModuleGetSurfRef) NONE(cuModuleGetTexRef) NONE(cuModuleLoad)
NONE(cuParamSetSize) NONE(cuParamSetTexRef) NONE(cuParamSetf) NONE(cuParamSeti) NONE(cuParamSetv)
NONE(cuProfilerInitialize) NONE(cuProfilerStart) NONE(cuProfilerStop) NONE(cuStreamAttachMemAsync)
NONE(cuStreamCreate) NONE(cuStreamDestroy_v2) NONE(cuStreamQuery) NONE(cuStreamSynchronize) NONE(cuStreamWaitEvent)
NONE(cuSurfRefGetArray) NONE(cuSurfRefSetArray) NONE(cuTexRefCreate) NONE(cuTexRefDestroy)
NONE(cuTexRefGetAddressMode) NONE(cuTexRefGetAddress_v2) NONE(cuTexRefGetArray) NONE(cuTexRefGetFilterMode)
NONE(cuTexRefGetFlags) NONE(cuTexRefGetFormat) NONE(cuTexRefSetAddress2D_v3) NONE(cuTexRefSetAddressMode)
NONE(cuTexRefSetAddress_v2) NONE(cuTexRefSetArray) NONE(cuTexRefSetFilterMode) NONE(cuTexRefSetFlags)
NONE(cuTexRefSetFormat)
