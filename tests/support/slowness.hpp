// How much longer than usual a test has to wait, in this build. Limits that only end a test that has failed are multiplied by it; so are
// limits that say "soon", since an instrumented program is slow everywhere.
#pragma once

namespace gh::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr int k_slowness = 10;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int k_slowness = 5;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr int k_slowness = 10;
#else
inline constexpr int k_slowness = 1;
#endif
#else
inline constexpr int k_slowness = 1;
#endif

} // namespace gh::test
