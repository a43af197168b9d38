#include "core/base/thread.hpp"

#include <pthread.h>

namespace gh {

void NamedThread::name_self(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

} // namespace gh
