#include "core/base/secret.hpp"

#include <openssl/crypto.h>

namespace gh {

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::move(other.bytes_);
        other.wipe();
    }
    return *this;
}

void Secret::wipe() noexcept {
    // Short strings live inside the object: a move leaves their bytes behind, so the whole buffer is cleaned, not only size() of it.
    OPENSSL_cleanse(bytes_.data(), bytes_.capacity());
    bytes_.clear();
}

} // namespace gh
