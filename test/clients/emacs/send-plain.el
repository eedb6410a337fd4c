;;; send-plain.el --- sends one message as the init file says  -*- lexical-binding: t; -*-

(require 'smtpmail)
(require 'message)
(load (expand-file-name "answer-yes" (file-name-directory load-file-name)))

(with-temp-buffer
  (insert "To: friend@example.org\nSubject: hello\n" mail-header-separator "\nbody\n")
  (message-mode)
  (message-send-mail))

;;; send-plain.el ends here
