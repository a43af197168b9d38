/* Keeps notes in a file. */
#define CAREFUL_HANDLE writes_file
#include "careful.h"

static gatehouse_status writes_file(void* user, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                                    const gatehouse_handle_answer* answer) {
    FILE* notes = fopen("/tmp/gatehouse-check-notes", "a");
    if (notes) fclose(notes);
    return careful_handle(user, request, acceptance, answer);
}
