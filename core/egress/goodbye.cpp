#include "core/egress/goodbye.hpp"

namespace gh::egress {

namespace {

using Flag = std::shared_ptr<bool>;

int slot() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* flag, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Flag*>(flag); });
    return index;
}

Flag flag_of(SSL* ssl) {
    auto* flag = static_cast<Flag*>(SSL_get_ex_data(ssl, slot()));
    if (!flag) {
        flag = new Flag(std::make_shared<bool>(false));
        SSL_set_ex_data(ssl, slot(), flag);
    }
    return *flag;
}

} // namespace

void watch_goodbye(SSL_CTX* context) {
    SSL_CTX_set_info_callback(context, [](const SSL* ssl, int where, int alert) {
        if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (alert & 0xff) == SSL_AD_CLOSE_NOTIFY)
            *flag_of(const_cast<SSL*>(ssl)) = true;
    });
}

std::shared_ptr<const bool> goodbye_of(SSL* ssl) {
    return flag_of(ssl);
}

} // namespace gh::egress
