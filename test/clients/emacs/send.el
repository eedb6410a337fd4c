;;; send.el --- sends one message, as a person would  -*- lexical-binding: t; -*-

(require 'smtpmail)
(require 'message)
(require 'gnutls)

;; What the test's server is; a person's is known to the system.
(setq gnutls-trustfiles (list (getenv "TEST_CA"))
      gnutls-verify-error t
      network-security-level 'medium
      smtpmail-stream-type 'starttls
      ;; It asks nobody.
      smtpmail-queue-mail nil)

(with-temp-buffer
  (insert "To: friend@example.org\nSubject: hello\n" mail-header-separator "\nfrom emacs\n")
  (message-mode)
  (message-send-mail))

;;; send.el ends here
