;;; smtpmail.el --- sends through the bridge  -*- lexical-binding: t; -*-

;; For the init file, or ~/.gnus.el.  The password is in ~/.authinfo: see authinfo.

;; EDIT the address
(setq user-mail-address "user@domain.com"
      send-mail-function #'smtpmail-send-it
      message-send-mail-function #'smtpmail-send-it
      smtpmail-smtp-server "127.0.0.1"
      smtpmail-smtp-service 1587
      ;; The bridge is on this machine: nothing to encrypt.
      smtpmail-stream-type 'plain
      smtpmail-smtp-user "user@domain.com")

;;; smtpmail.el ends here
