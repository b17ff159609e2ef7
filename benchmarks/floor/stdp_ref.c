/* The same networks by the rule of the reference simulator, with traces and a stamp per synapse. */
#define PER_SYNAPSE
#include "stdp.c"
