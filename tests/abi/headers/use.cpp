// The header alone, in every dialect it promises.
#include <gatehouse/abi.h>

extern "C" int gatehouse_header_used(void);
int gatehouse_header_used(void) { return (int)sizeof(gatehouse_plugin); }
