;;; read.el --- prints the first message of the inbox, as Gnus fetches it  -*- lexical-binding: t; -*-

(require 'gnus)
(require 'nnimap)
(require 'gnutls)

;; What the test's server is; a person's is known to the system.
(setq gnutls-trustfiles (list (getenv "TEST_CA"))
      gnutls-verify-error t
      network-security-level 'medium)

(nnheader-init-server-buffer)
(pcase-let ((`(,_ ,server . ,definitions) gnus-select-method))
  (unless (nnimap-open-server server definitions)
    (message "refused: %s" (nnheader-get-report 'nnimap))
    (kill-emacs 1))
  (nnimap-request-article 1 "INBOX" server)
  (princ (with-current-buffer nntp-server-buffer (buffer-string))))

;;; read.el ends here
