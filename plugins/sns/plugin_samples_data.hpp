// Written by tests/plugins/make_samples.cpp. Keys and messages are this project's own, made for its tests: nothing here comes from AWS
// or from a provider, and the private keys were not kept.
#pragma once

#include <string_view>

namespace sns_data {

// clang-format off
inline constexpr std::string_view k_certificate = R"~(-----BEGIN CERTIFICATE-----
MIIC0zCCAbugAwIBAgIBATANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFzbnMu
YW1hem9uYXdzLmNvbTAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMTkxODQwMDBaMBwx
GjAYBgNVBAMMEXNucy5hbWF6b25hd3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOC
AQ8AMIIBCgKCAQEAyZqD9z+AYbi00vXGwDx+uowNpYXhRjzE/NvDg/3/oHLNxCsR
CthRa1YJ8XAyyvsRPysdnEbDIz3kQveP2deSp8yaPzA+W6EtM2oOZyLyB3v/SoEO
EeEu7LBgqKoSnptUYa42wtAir3RTsMxK6GxeOzbo9BFVHFe5FXq9DiMJBy8UCNWl
QiSt+D1qOCWPA4QbmfhPs1i6k8fiQ0Cpo7IyHJYRZc0rdxlyjmOF2C69xtXrH4KY
fyqYaoNSAXAtZF/W8v5QKenFq9P/me3ZKMJZYnZhKVvl8VJw2O3W+HCt01nRryHp
22xs6PdW4C8/iEiMdaaPV20mb6t3sd78P4j9qwIDAQABoyAwHjAcBgNVHREEFTAT
ghFzbnMuYW1hem9uYXdzLmNvbTANBgkqhkiG9w0BAQsFAAOCAQEAdLJitN7aWvPe
+SgktJBNOSUTcU2pNz4NZqoVAwm4pZa59xMcdWrXhtzcjKZXv74XAd9V7ZA2+EFv
6C8qCDWmrbOKeOWH2fj49StHnshXd4JrUnWtXlvNVwv9IWKHHmrK43GDUNLyAySR
yqp27LOQBbc4g94TeuK4P2rH3Dnu2d/xVc8iElcH3VbXPrNgWDJFVupjKhSqmHSL
rt4yCBEThP00YCOuAobEf2it5oHUeweue/ngeI/nIdGPIQtZj4KNUXXXjJSSJCXC
5SUpwMeCVCiyv/T9E24gQkSy+zuVn0RWxjvSGrmQvLGCWSKPJ55lq32m4hXASThF
CKo/AWV6ZQ==
-----END CERTIFICATE-----
)~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_notification = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Subject" : "order.paid",
  "Message" : "{\"order\":17,\"note\":\"gr\\u00fc\\u00df \\ud83d\\ude00\"}",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "Kqo1p9b4OfN19bpJg97xTIOSJKI+PSRASGeFUUixrDeDsuEEDa/Iq9v+MGGXQ68IQTs8sxE/f8owfScx8q1tMOhNHPTJNNdHf1vV0F4efwbfwF5879x5SHeZ6Aj2cK+tWFNS6+JUB+iJwATXCTuGF4MbczrjG1sleNX5OcIOel827X+zMeRNep0rkEyrLozCicBUgZFT+LCXhxODRyGJPONKHcXEAn8WNopM4+awo78TA8xmBJNDpt0JsxUFbMMTJRjvqAGey1wXXDBs29iBOYiTv9u3GmqJvECUjeK+0a90pmLo93pqT9gJ7+CYCKiJB20jXGN5bva3CA7Bq3dOwg==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_notification_2 = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "plain text\r\nin two lines",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "2",
  "Signature" : "UXo5aj/I2g8O4YVGwmSrIw5Mp33AYtKoznna7bdWnTID5Idlz7tGSbUu3kftV9GwkEJPnDRFdi2V1ZVcf9lRpkSNjl3TtIk1nzeZm7e4PZU1ZQGfSIgJ8FZ8YhluUpjyBVqWer/TPmHrSf/cpMZtXDXg+ihshM555VCHIL09/Z7qo49fu6xmdJ0kTeLeZwEnoOleyG9fD3fH8hDvi6ecoZtMP3H+Tcp1kHTqjoL7TaE64u2QjfyW97Y5ztNWe81JhySAWQz54Kcj1evIwLb0g2Dc5tLp4G0IcOTULbKmhkZlArviMp0YUbrQJwzwmtVjwx/gd0qEsYnx+/auc8AN2w==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_confirmation = R"~({
  "Type" : "SubscriptionConfirmation",
  "MessageId" : "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
  "Token" : "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "You have chosen to subscribe to the topic arn:aws:sns:ap-southeast-2:123456789012:orders.\nTo confirm the subscription, visit the SubscribeURL.",
  "SubscribeURL" : "https://sns.ap-southeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:ap-southeast-2:123456789012:orders&Token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "dP/txkc1bFqwDN6UWjdkHhASoFeSlG7JpPtCbWMGqzvwmpv3OmuJOsoO8GocrXogt2K3YxYKn4K/4V/igHq40tUmT9XI1N8z+WRsFrsb2yvGWg94uaM5dOtwYwt5jA9/HL3vBlAoEPAffJwRAEi2vYT6rt9RQ8aR7B7OQlAueCnskIZCKvnDqW8uqgTGoMI0qw5n/aARUAzswuNgy1AWrHKRHBmjLWw9tjdZhLSS6mwYib3amkOkSeW1oXYKOhvAHKoWtMF4OP0jNupBLIhwxaiVDonLlPAAbC35gpihgsjo+1ac1xWq6T96SQ1l94tuFdEEyBLQzT11zVrCZZmHQQ==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_end = R"~({
  "Type" : "UnsubscribeConfirmation",
  "MessageId" : "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
  "Token" : "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "You have chosen to subscribe to the topic arn:aws:sns:ap-southeast-2:123456789012:orders.\nTo confirm the subscription, visit the SubscribeURL.",
  "SubscribeURL" : "https://sns.ap-southeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:ap-southeast-2:123456789012:orders&Token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "2",
  "Signature" : "W82f/chHQUrO6vc+ljLGlZFYLJY/cz05JmrVyXAkftlsLOnMuQpEfN8RJjau/ovBUZj+2Zdh9aY9+Bgu3w9StunJVivLGOWhFdqK5KHBpOo0TOpgJqbIPt6HQmd5W6Uc7wQjZyOluX4QdFdgss0dZcp+Y2QGASnwoQi8g4FvqQoOOLy2SoGlBe6C721PzIqqrLthqqo+yp07RlYMyUg3y1DKwTeG9U/fgesJCYitKwrpYOvgCNZGmuWeR1Odc3Hggix/83avWQd8eeEYsZH+4yesoHg2a+ZpUVMVryy+jzHt9gKQdXpwFTgUuryt/gID5IzIrWIMYdIbRUjeYPFpZw==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_foreign = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "forged",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "ZjfQUq1LBvXKw136PAVxPSo+X1yGVobyAbY3+kVrH3iI8ub0WzsfYtTd6zV3iGuvDEQ7RD4OYbJ9i3jh+FDCDfL/9KlZGacYJI3lcHcZ1lIhVMUElHkJB2Dwm5p6wVWxRiPb19Zp0mauAKAg0Df7Y7jG025wHG8A3K2eMq01v1P8rDgeITPtglC3HCURdvUt+x8e3kO7yPWBmrjrFgoDuo1OmISw2UsKu77nJl9jJUI2nauKhNhTbWECQIrbGVw6oJRpyk8gqJBk/80W90+MLPrgw6Ze47+F8y64zqjBwx8LgRrSw4Y8F3quMMZAEjZjrYm5mww/msIngt3JBSrVjw==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

} // namespace sns_data
