package checkout

// phrase is one text in every language.
type phrase struct{ en, uk, ru string }

func (p phrase) in(l language) string {
	switch l {
	case ukrainian:
		return p.uk
	case russian:
		return p.ru
	}
	return p.en
}

// phrases are all texts of the pages, by the names that the templates use.
var phrases = map[string]phrase{
	"order":       {"Order", "Замовлення", "Заказ"},
	"gross":       {"Order amount", "Сума замовлення", "Сумма заказа"},
	"fee":         {"Including a fee of", "У тому числі комісія", "В том числе комиссия"},
	"payer":       {"Card", "Картка", "Карта"},
	"return":      {"Return to the shop", "Повернутися до магазину", "Вернуться в магазин"},
	"busy":        {"One moment, please", "Зачекайте, будь ласка", "Подождите, пожалуйста"},
	"languages":   {"Language", "Мова", "Язык"},
	"title.error": {"Error:", "Помилка:", "Ошибка:"},
	"problems":    {"Please check the marked fields", "Перевірте позначені поля", "Проверьте отмеченные поля"},

	"parts":        {"Payment in parts", "Оплата частинами", "Оплата частями"},
	"parts.count":  {"Payments", "Кількість платежів", "Количество платежей"},
	"parts.first":  {"First payment", "Перший платіж", "Первый платёж"},
	"parts.others": {"Then, once a month", "Далі щомісяця", "Далее каждый месяц"},
	"parts.total":  {"In all", "Усього", "Всего"},

	"card.title":  {"Pay by card", "Оплата карткою", "Оплата картой"},
	"card.hold":   {"The amount is only reserved on your card; the shop takes it later.", "Сума лише блокується на картці; магазин спише її пізніше.", "Сумма только блокируется на карте; магазин спишет её позже."},
	"card.label":  {"Card number", "Номер картки", "Номер карты"},
	"card.button": {"Pay", "Сплатити", "Оплатить"},
	"card.empty":  {"Enter the card number", "Введіть номер картки", "Введите номер карты"},
	"card.length": {"A card number has 13 to 19 digits", "Номер картки має від 13 до 19 цифр", "Номер карты содержит от 13 до 19 цифр"},
	"card.slip":   {"Check the card number: a digit seems to be wrong", "Перевірте номер картки: здається, одна цифра неправильна", "Проверьте номер карты: похоже, одна цифра неверна"},

	"expiry.label":  {"Valid until", "Дійсна до", "Срок действия"},
	"expiry.help":   {"MM/YY", "ММ/РР", "ММ/ГГ"},
	"expiry.empty":  {"Enter the date until which the card is valid", "Введіть дату, до якої дійсна картка", "Введите дату, до которой действительна карта"},
	"expiry.format": {"Write the date as month and year, for example 08/30", "Напишіть дату як місяць і рік, наприклад 08/30", "Напишите дату как месяц и год, например 08/30"},
	"expiry.past":   {"This card has expired; check the date or use another card", "Термін дії картки минув; перевірте дату або візьміть іншу картку", "Срок действия карты истёк; проверьте дату или возьмите другую карту"},

	"cvv.label": {"CVV", "CVV", "CVV"},
	"cvv.help":  {"3 or 4 digits", "3 або 4 цифри", "3 или 4 цифры"},
	"cvv.empty": {"Enter the CVV", "Введіть CVV", "Введите CVV"},
	"cvv.wrong": {"The CVV has 3 or 4 digits", "CVV має 3 або 4 цифри", "CVV содержит 3 или 4 цифры"},

	"challenge.title":  {"Confirm the payment", "Підтвердьте платіж", "Подтвердите платёж"},
	"challenge.text":   {"Your bank asks for a one-time code. Check the amount before you enter it.", "Ваш банк просить одноразовий код. Перевірте суму, перш ніж його вводити.", "Ваш банк просит одноразовый код. Проверьте сумму, прежде чем его вводить."},
	"challenge.button": {"Confirm", "Підтвердити", "Подтвердить"},
	"code.label":       {"One-time code", "Одноразовий код", "Одноразовый код"},
	"code.help":        {"From your bank's message or app", "З повідомлення або застосунку банку", "Из сообщения или приложения банка"},
	"code.empty":       {"Enter the code", "Введіть код", "Введите код"},
	"code.wrong":       {"The code has at most 12 digits or letters", "Код має щонайбільше 12 цифр або літер", "Код содержит не более 12 цифр или букв"},

	"leave":           {"Cancel and go back", "Скасувати й повернутися", "Отменить и вернуться"},
	"start.title":     {"Pay at the bank", "Оплата на сторінці банку", "Оплата на странице банка"},
	"start.text":      {"You go on to your bank's page and come back when you have paid.", "Ви перейдете на сторінку банку й повернетеся після оплати.", "Вы перейдёте на страницу банка и вернётесь после оплаты."},
	"start.button":    {"Go on to pay", "Перейти до оплати", "Перейти к оплате"},
	"continue.title":  {"Go on at the bank", "Продовжте на сторінці банку", "Продолжите на странице банка"},
	"continue.text":   {"The bank expects you. Come back here when you have paid.", "Банк чекає на вас. Поверніться сюди після оплати.", "Банк ждёт вас. Вернитесь сюда после оплаты."},
	"continue.button": {"To the bank's page", "На сторінку банку", "На страницу банка"},
	"canceled.title":  {"The payment was canceled", "Платіж скасовано", "Платёж отменён"},
	"canceled.text":   {"No money was taken. Return to the shop to order again.", "Гроші не списано. Поверніться до магазину, щоб замовити знову.", "Деньги не списаны. Вернитесь в магазин, чтобы заказать снова."},

	"waiting.title": {"Waiting for the bank", "Очікуємо на відповідь банку", "Ждём ответа банка"},
	"waiting.text": {"Your payment is being processed. Do not pay again: this page shows the result by itself, and the shop is told even if you close it.",
		"Ваш платіж обробляється. Не платіть ще раз: ця сторінка сама покаже результат, а магазин дізнається про нього, навіть якщо ви її закриєте.",
		"Ваш платёж обрабатывается. Не платите ещё раз: эта страница сама покажет результат, а магазин узнает о нём, даже если вы её закроете."},
	"waiting.again":        {"Refresh now", "Оновити зараз", "Обновить сейчас"},
	"paid.title":           {"Paid", "Сплачено", "Оплачено"},
	"paid.text":            {"Thank you. Your payment was successful.", "Дякуємо. Платіж успішний.", "Спасибо. Платёж прошёл успешно."},
	"held.title":           {"The amount is reserved", "Суму заблоковано", "Сумма заблокирована"},
	"held.text":            {"Thank you. The amount is reserved on your card; the shop takes it later or releases it.", "Дякуємо. Суму заблоковано на картці; магазин спише її пізніше або розблокує.", "Спасибо. Сумма заблокирована на карте; магазин спишет её позже или разблокирует."},
	"rejected.title":       {"The payment was not made", "Платіж не здійснено", "Платёж не выполнен"},
	"rejected.text":        {"No money was taken. Return to the shop to try again.", "Гроші не списано. Поверніться до магазину, щоб спробувати ще раз.", "Деньги не списаны. Вернитесь в магазин, чтобы попробовать ещё раз."},
	"rejected.declined":    {"The bank declined the payment. No money was taken. Return to the shop to try another card.", "Банк відхилив платіж. Гроші не списано. Поверніться до магазину, щоб спробувати іншу картку.", "Банк отклонил платёж. Деньги не списаны. Вернитесь в магазин, чтобы попробовать другую карту."},
	"rejected.unavailable": {"The bank could not be reached. No money was taken. Return to the shop to try again.", "Не вдалося зв’язатися з банком. Гроші не списано. Поверніться до магазину, щоб спробувати ще раз.", "Не удалось связаться с банком. Деньги не списаны. Вернитесь в магазин, чтобы попробовать ещё раз."},
	"rejected.unheld":      {"The shop released the reserved amount: it is yours again.", "Магазин розблокував суму: вона знову ваша.", "Магазин разблокировал сумму: она снова ваша."},
	"expired.title":        {"The time to pay is over", "Час на оплату минув", "Время на оплату истекло"},
	"expired.text":         {"No money was taken. Return to the shop to order again.", "Гроші не списано. Поверніться до магазину, щоб замовити знову.", "Деньги не списаны. Вернитесь в магазин, чтобы заказать снова."},

	"sorry.missing":      {"There is no such payment", "Такого платежу немає", "Такого платежа нет"},
	"sorry.missing.text": {"Check the address, or go back to the shop and start the payment again.", "Перевірте адресу або поверніться до магазину й почніть оплату знову.", "Проверьте адрес или вернитесь в магазин и начните оплату снова."},
	"sorry.busy":         {"Please wait a moment", "Зачекайте хвилинку", "Подождите минутку"},
	"sorry.busy.text":    {"The payment page cannot answer right now. Open it again in a few seconds: nothing is paid twice.", "Сторінка оплати зараз не може відповісти. Відкрийте її знову за кілька секунд: нічого не буде сплачено двічі.", "Страница оплаты сейчас не может ответить. Откройте её снова через несколько секунд: ничего не будет оплачено дважды."},
	"sorry.broken":       {"Something went wrong on our side", "Щось пішло не так з нашого боку", "Что-то пошло не так с нашей стороны"},
	"sorry.broken.text":  {"Open the page again to see how the payment stands: nothing is paid twice.", "Відкрийте сторінку знову, щоб побачити стан платежу: нічого не буде сплачено двічі.", "Откройте страницу снова, чтобы увидеть состояние платежа: ничего не будет оплачено дважды."},
	"sorry.form":         {"This page did not understand the request", "Сторінка не зрозуміла запит", "Страница не поняла запрос"},
	"sorry.form.text":    {"Open the page again and use its form.", "Відкрийте сторінку знову й скористайтеся її формою.", "Откройте страницу снова и воспользуйтесь её формой."},
	"sorry.again":        {"Open the page again", "Відкрити сторінку знову", "Открыть страницу снова"},

	"hints":         {"Test cards: any future date, any CVV", "Тестові картки: будь-яка майбутня дата, будь-який CVV", "Тестовые карты: любая будущая дата, любой CVV"},
	"hint.approved": {"approved", "оплату схвалено", "оплата одобрена"},
	"hint.declined": {"declined", "відхилено", "отклонено"},
	"hint.funds":    {"declined: not enough money", "відхилено: недостатньо коштів", "отклонено: недостаточно средств"},
	"hint.secure":   {"asks for a code: 1234 approves", "просить код: 1234 схвалює", "просит код: 1234 одобряет"},
	"hint.later":    {"approved 5 seconds later", "схвалено за 5 секунд", "одобрено через 5 секунд"},
	"hint.twice":    {"approved; the notice comes twice", "схвалено; сповіщення приходить двічі", "одобрено; уведомление приходит дважды"},
	"hint.after":    {"times out, but is paid", "час очікування минає, але сплачено", "время ожидания истекает, но оплачено"},
	"hint.before":   {"times out and is not paid", "час очікування минає, не сплачено", "время ожидания истекает, не оплачено"},
	"hint.parts":    {"instalments: approved with any four digits but 0000", "частинами: схвалено з будь-якими чотирма цифрами, крім 0000", "частями: одобрено с любыми четырьмя цифрами, кроме 0000"},
	"hint.noparts":  {"instalments: refused", "частинами: відмовлено", "частями: отказано"},
}
