/* A plugin that does to its process what the request's header "x-do" says, in verify: each thing that an isolated plugin may not do, or
 * that ends it. Without the header it accepts. */
#define _GNU_SOURCE
#define TINY_NAME "wild"
#define tiny_verify wild_accept
#include "tiny.h"
#undef tiny_verify

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const gatehouse_host* host;

static int is(gatehouse_text t, const char* s) {
    return t.size == strlen(s) && memcmp(t.data, s, t.size) == 0;
}

static void* nothing(void* given) {
    return given;
}

static uint64_t depth(uint64_t n) {
    volatile char room[4096];
    room[0] = (char)n;
    return n == UINT64_MAX ? 0 : depth(n + 1) + (uint64_t)room[0];
}

/* Descriptors 4 to 11 are the lanes to the server. */
static void write_to_lanes(const void* data, size_t size) {
    for (int fd = 4; fd < 12; ++fd) (void)!write(fd, data, size);
}

static void answer_with(unsigned char kind) {
    unsigned char frame[64] = {60, 0, 0, 0, kind};
    memset(frame + 5, 0xff, sizeof frame - 5);
    write_to_lanes(frame, sizeof frame);
}

/* Says itself that the request is accepted, and does not come back: wire::Kind::receive, one item, Said::accept. */
static void moonlight(void) {
    unsigned char frame[50] = {46, 0, 0, 0, 2, 1, 0, 0, 0, 33, 0, 0, 0, 1};
    frame[25] = 0x80;                     /* signed_at: GATEHOUSE_NO_TIME; the rest of verdict and outcome are zeros */
    (void)!write(5, frame, sizeof frame); /* a call that is alone goes over the first lane */
    for (volatile uint64_t i = 0;; ++i) {
    }
}

static void misbehave(gatehouse_text what) {
    if (is(what, "crash")) __builtin_trap();
    volatile uintptr_t nowhere = 8;
    if (is(what, "null")) *(volatile int*)nowhere = 1;
    if (is(what, "abort")) abort();
    if (is(what, "exit")) _exit(0);
    if (is(what, "recurse")) depth(0);
    if (is(what, "spin"))
        for (volatile uint64_t i = 0;; ++i) {
        }
    if (is(what, "moonlight")) moonlight();
    if (is(what, "eat"))
        for (;;) {
            char* more = malloc(16u << 20);
            if (!more) abort();
            memset(more, 1, 16u << 20);
        }
    if (is(what, "socket")) socket(AF_INET, SOCK_STREAM, 0);
    if (is(what, "unix_socket")) socket(AF_UNIX, SOCK_STREAM, 0);
    if (is(what, "file")) open("/etc/passwd", O_RDONLY);
    if (is(what, "write_file")) open("/tmp/gatehouse-wild", O_WRONLY | O_CREAT, 0600);
    if (is(what, "exec")) execl("/bin/true", "true", (char*)0);
    if (is(what, "fork")) fork();
    if (is(what, "thread")) {
        pthread_t thread;
        pthread_create(&thread, NULL, nothing, NULL);
    }
    if (is(what, "ptrace")) ptrace(PTRACE_ATTACH, 1, 0, 0);
    if (is(what, "kill")) kill(1, SIGTERM);
    if (is(what, "wait")) poll(NULL, 0, 10000);
    if (is(what, "sleep")) usleep(1000000);
    if (is(what, "code")) {
        /* The page of this very function. */
        void* page = (void*)((uintptr_t)misbehave & ~(uintptr_t)4095);
        mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
        *(volatile char*)page = 0;
    }
    if (is(what, "write_code")) *(volatile char*)(uintptr_t)misbehave = 0;
    if (is(what, "new_code")) mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is(what, "lie_accept")) answer_with(2);
    if (is(what, "lie_kind")) answer_with(200);
    if (is(what, "lie_huge")) write_to_lanes("\xff\xff\xff\x7f garbage", 12);
    if (is(what, "lie_noise")) {
        unsigned char noise[4096];
        for (size_t i = 0; i < sizeof noise; ++i) noise[i] = (unsigned char)(i * 7919 >> 3);
        write_to_lanes(noise, sizeof noise);
    }
    if (is(what, "close_lanes"))
        for (int fd = 4; fd < 12; ++fd) close(fd);
}

static gatehouse_status wild_verify(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    for (size_t i = 0; i < request->header_count; ++i)
        if (is(request->headers[i].name, "x-do")) {
            if (is(request->headers[i].value, "look")) {
                /* What it can see of where it runs. */
                char seen[64];
                const int size = snprintf(seen, sizeof seen, "uid=%u environment=%d", (unsigned)getuid(), environ && environ[0]);
                host->log(host->context, GATEHOUSE_LOG_INFO, (gatehouse_text){seen, (size_t)size});
            }
            misbehave(request->headers[i].value);
        }
    return wild_accept(user, request, answer);
}

static gatehouse_status wild_open(const gatehouse_host* given, const gatehouse_settings* settings, void** source) {
    host = given;
    return tiny_open(given, settings, source);
}

static gatehouse_status wild_enroll(void* source, const gatehouse_registry* registry) {
    (void)source;
    const gatehouse_verifier verifier = {.struct_size = sizeof verifier, .name = TINY_TEXT("v"), .verify = wild_verify};
    const gatehouse_route route = {
        .struct_size = sizeof route, .method = TINY_TEXT("POST"), .verifier = TINY_TEXT("v"), .handle = tiny_handle};
    const gatehouse_status status = registry->verifier(registry->context, &verifier);
    return status == GATEHOUSE_OK ? registry->route(registry->context, &route) : status;
}

const gatehouse_plugin* gatehouse_plugin_v1(const gatehouse_hello* hello) {
    (void)hello;
    static gatehouse_plugin plugin;
    plugin = *tiny_plugin();
    plugin.open_source = wild_open;
    plugin.enroll = wild_enroll;
    return &plugin;
}
