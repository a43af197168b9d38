/* A simulator that does nothing, for tests that change one thing about its descriptor: DRAFT_REVISION, DRAFT_SIZE or DRAFT_ID. */
#ifndef DRAFT_H
#define DRAFT_H

#include <gatehouse/simulator.h>

#include <stddef.h>

#ifndef DRAFT_REVISION
#define DRAFT_REVISION GATEHOUSE_SIMULATOR_REVISION
#endif
#ifndef DRAFT_SIZE
#define DRAFT_SIZE sizeof(gatehouse_simulator)
#endif
#ifndef DRAFT_ID
#define DRAFT_ID GATEHOUSE_SIMULATOR_ID
#endif

GATEHOUSE_EXPORT const gatehouse_simulator* gatehouse_simulator_v1(const gatehouse_hello* hello) {
    static const gatehouse_simulator simulator = {
        .struct_size = DRAFT_SIZE, .revision = DRAFT_REVISION, .id = {DRAFT_ID, sizeof(DRAFT_ID) - 1}, .name = {"draft", 5}};
    (void)hello;
    return &simulator;
}

#endif
