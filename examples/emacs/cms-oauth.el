;;; cms-oauth.el --- OAuth access tokens for mail, from cms-oauthd  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: mail, comm
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; An auth-source backend that asks the token socket of cms-oauthd itself: no process is started,
;; no D-Bus is needed, and no token is kept in Emacs.  In the init file:
;;
;;   (require 'cms-oauth)
;;   (cms-oauth-enable)
;;   (setq send-mail-function 'smtpmail-send-it      ; EDIT what follows
;;         user-mail-address "user@domain.com"
;;         smtpmail-smtp-user "user@domain.com"
;;         smtpmail-smtp-server "smtp.office365.com"
;;         smtpmail-smtp-service 587
;;         smtpmail-stream-type 'starttls)
;;
;; A token is handed to the servers of `cms-oauth-hosts' only.  M-x cms-oauth-check says whether
;; the daemon has one.

;;; Code:

(require 'auth-source)
(require 'json)
(require 'seq)
(require 'subr-x)

(defgroup cms-oauth nil
  "OAuth access tokens for mail, from cms-oauthd."
  :group 'mail)

(defcustom cms-oauth-socket
  (or (getenv "CMS_SOCK")
      (expand-file-name "cms-oauth/cms.sock"
                        (or (getenv "XDG_RUNTIME_DIR") (format "/run/user/%d" (user-uid)))))
  "The token socket of cms-oauthd."
  :type 'file)

(defcustom cms-oauth-hosts
  '("smtp.office365.com" "outlook.office365.com" "smtp-hve.office365.com" "smtp.office365.us"
    "outlook.office365.us" "outlook-dod.office365.us" "smtp.partner.outlook.cn"
    "partner.outlook.cn" "smtp-mail.outlook.com" "imap-mail.outlook.com" "pop-mail.outlook.com"
    "smtp.gmail.com" "imap.gmail.com" "pop.gmail.com" "smtp-relay.gmail.com"
    "smtp.googlemail.com" "imap.googlemail.com" "pop.googlemail.com" "smtp.fastmail.com"
    "imap.fastmail.com" "pop.fastmail.com" "smtp.mail.yahoo.com" "imap.mail.yahoo.com"
    "pop.mail.yahoo.com" "smtp.mail.att.net" "imap.mail.att.net" "smtp.aol.com" "imap.aol.com"
    "pop.aol.com" "smtp.yandex.com" "imap.yandex.com" "smtp.mail.ru" "imap.mail.ru"
    "imap.zoho.com" "pop.zoho.com" "imappro.zoho.com" "poppro.zoho.com" "imap.zoho.eu"
    "pop.zoho.eu" "imap.zoho.in" "pop.zoho.in" "imap.zoho.com.au" "pop.zoho.com.au"
    "imap.zoho.jp" "pop.zoho.jp" "imap.zohocloud.ca" "pop.zohocloud.ca" "imap.zoho.sa"
    "pop.zoho.sa" "imap.zoho.uk" "pop.zoho.uk")
  "Mail servers that may be given a token, in any case of letters."
  :type '(repeat string))

(defcustom cms-oauth-timeout 10
  "Seconds to wait for the daemon's answer."
  :type 'number)

(defconst cms-oauth--protocols
  '(("SMTP" "smtp" "submission" "submissions" "smtps" "25" "465" "587")
    ("IMAP" "imap" "imaps" "143" "993")
    ("POP" "pop3" "pop3s" "110" "995"))
  "The daemon's protocols, each with the ports that Emacs asks for.")

(define-error 'cms-oauth-error "cms-oauth")

(defun cms-oauth--ask (request)
  "Return the daemon's answer to REQUEST, or nil where it does not answer."
  (let* ((answer "")
         (process (make-network-process
                   :name "cms-oauth" :family 'local :service cms-oauth-socket
                   :coding 'utf-8 :noquery t :sentinel #'ignore
                   :filter (lambda (_process text) (setq answer (concat answer text)))))
         (deadline (time-add nil cms-oauth-timeout)))
    (unwind-protect
        (progn
          (process-send-string process (concat request "\n"))
          (while (and (process-live-p process) (time-less-p nil deadline))
            (accept-process-output process 1))
          (unless (or (process-live-p process) (string-empty-p answer)) answer))
      (delete-process process))))

(defun cms-oauth-credential (user protocol)
  "Return an alist with the access token of USER for PROTOCOL, SMTP, IMAP or POP.
Its keys are `user', the identity to log in with, `access_token' and
`expires_at'.  Signal `cms-oauth-error' with the reason where there is none."
  (let* ((text (condition-case failure
                   (cms-oauth--ask (format "%s,json %s" protocol user))
                 (file-error (signal 'cms-oauth-error
                                     (list (format "%s does not answer" cms-oauth-socket)
                                           (error-message-string failure)
                                           "start cms-oauthd")))))
         (answer (and text
                      (let ((json-object-type 'alist) (json-key-type 'symbol) (json-null nil))
                        (ignore-errors (json-read-from-string text))))))
    (cond ((alist-get 'access_token answer) answer)
          ((alist-get 'error answer)
           (signal 'cms-oauth-error
                   (list (alist-get 'error_description answer) (alist-get 'hint answer))))
          (t (signal 'cms-oauth-error
                     (list (format "%s refused without a reason" cms-oauth-socket)
                           "see the daemon's log"))))))

(defun cms-oauth--token (user protocol)
  "Return the access token of USER for PROTOCOL, asked for again."
  (alist-get 'access_token (cms-oauth-credential user protocol)))

(defun cms-oauth--protocol (port)
  "Return the daemon's protocol for PORT, a number, string, symbol or list of them."
  (let ((ports (mapcar (lambda (one) (format "%s" one)) (if (listp port) port (list port)))))
    (car (seq-find (lambda (entry) (seq-intersection ports (cdr entry))) cms-oauth--protocols))))

;; Host names are the same in any case of letters.
(defun cms-oauth--known-p (host)
  "Whether HOST is one of `cms-oauth-hosts'."
  (and (stringp host) (member (downcase host) (mapcar #'downcase cms-oauth-hosts))))

(defun cms-oauth--find (host port address protocol)
  "Return what auth-source wants to know of ADDRESS at HOST and PORT, for PROTOCOL.
Say why, and return nil, where there is no token."
  (condition-case failure
      (let ((identity (alist-get 'user (cms-oauth-credential address protocol))))
        ;; What is found is kept for hours, a token is not: hence a function.
        (list (list :host host :port port :user identity :smtp-auth "xoauth2"
                    :secret (lambda () (cms-oauth--token address protocol)))))
    (cms-oauth-error
     (ignore (message "%s" (error-message-string failure))))))

(cl-defun cms-oauth-search (&key host port user &allow-other-keys)
  "Answer auth-source's search for HOST, PORT and USER, where they are ours."
  (let* ((hosts (seq-filter #'stringp (if (listp host) host (list host))))
         (server (seq-find #'cms-oauth--known-p hosts))
         (address (if (listp user) (car user) user))
         (protocol (and hosts (cms-oauth--protocol port))))
    (when (and protocol (stringp address) (string-match-p "@" address))
      (if server
          (cms-oauth--find server port address protocol)
        (ignore (message "cms-oauth: no token for %s, which is not in cms-oauth-hosts"
                         (string-join hosts ", ")))))))

(defvar cms-oauth-backend
  (auth-source-backend :source "cms-oauth" :type 'cms-oauth :search-function #'cms-oauth-search)
  "The auth-source backend that asks cms-oauthd.")

(defun cms-oauth-parse-backend (entry)
  "Return the backend where ENTRY of `auth-sources' is `cms-oauth'."
  (when (eq entry 'cms-oauth)
    (auth-source-backend-parse-parameters entry cms-oauth-backend)))

;;;###autoload
(defun cms-oauth-enable ()
  "Let auth-source ask cms-oauthd before everything else."
  (interactive)
  (add-hook 'auth-source-backend-parser-functions #'cms-oauth-parse-backend)
  (add-to-list 'auth-sources 'cms-oauth)
  (auth-source-forget-all-cached))

;;;###autoload
(defun cms-oauth-check (user)
  "Say whether the daemon has a token for USER, and until when."
  (interactive (list (read-string "Address: " user-mail-address)))
  (message "cms-oauth: %s has a token until %s" user
           (alist-get 'expires_at (cms-oauth-credential user "SMTP"))))

(provide 'cms-oauth)
;;; cms-oauth.el ends here
