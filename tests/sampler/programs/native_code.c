/* C code for native.py: no frame pointers, and nothing that Python could know of its calls. */
#define OWN_FRAME __attribute__((noinline, noclone))

static volatile unsigned long sink;

OWN_FRAME static unsigned long inner_burn(unsigned long steps) {
  unsigned long sum = steps;
  for (unsigned long i = 0; i < steps; i++) sum = sum * 6364136223846793005ul + i;
  return sum;
}

OWN_FRAME static unsigned long middle_burn(unsigned long steps) {
  unsigned long sums[32] = {0}; /* a frame of some size */
  sums[steps % 32] = inner_burn(steps);
  sink = sums[steps % 32];
  return sums[0] + 1;
}

unsigned long outer_burn(unsigned long steps) { return middle_burn(steps) + 1; }

OWN_FRAME static int call_inner(int (*function)(int), int value) { return function(value) + 1; }

int call_outer(int (*function)(int), int value) { return call_inner(function, value) + 1; }
