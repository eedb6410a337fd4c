;;; keep.el --- fails to send a message, and shows what is left of it  -*- lexical-binding: t; -*-

(require 'smtpmail)
(require 'message)
(require 'gnutls)

(setq gnutls-trustfiles (list (getenv "TEST_CA"))
      gnutls-verify-error t
      smtpmail-stream-type 'starttls
      smtpmail-queue-mail nil)

(with-current-buffer (get-buffer-create "*message*")
  (insert "To: friend@example.org\nSubject: hello\n" mail-header-separator "\nfrom emacs\n")
  (message-mode)
  (condition-case failure
      (message-send-and-exit)
    (error (message "failed: %s" (error-message-string failure)))))

(princ (with-current-buffer "*message*" (buffer-string)))

;;; keep.el ends here
